// Who can log in at the interop provider, and what they do when they are asked. The phone number decides,
// as with test cards at a payment provider, so that a test needs no second channel and no clock.

// What a customer does.
export const Deed = {
  APPROVE_AT_ONCE: 'approve at once',
  APPROVE_ONCE_PENDING: 'approve after the first authorization_pending',
  DENY_ONCE_PENDING: 'deny after the first authorization_pending',
  NOTHING: 'never answer',
};

const DEEDS = new Map([
  ['4791000001', Deed.APPROVE_AT_ONCE],
  ['4791000002', Deed.APPROVE_ONCE_PENDING],
  ['4791000003', Deed.DENY_ONCE_PENDING],
  ['4791000004', Deed.NOTHING],
]);

// The account of a login_hint as Vipps defines it (`urn:msisdn:4791000001`), or undefined.
export function accountOfLoginHint(loginHint) {
  const [, phoneNumber] = /^urn:msisdn:([0-9]{8,15})$/.exec(loginHint) ?? [];
  return DEEDS.has(phoneNumber) ? `customer-${phoneNumber}` : undefined;
}

// What the customer with this account does.
export function deedOf(accountId) {
  return DEEDS.get(accountId.replace('customer-', ''));
}

// The claims of an account, as Vipps shapes them.
export function claimsOf(accountId) {
  const address = {
    address_type: 'home',
    street_address: 'Storgata 1\nH0101',
    postal_code: '0155',
    region: 'OSLO',
    country: 'NO',
    formatted: 'Storgata 1\nH0101\n0155\nOSLO\nNO',
  };
  return {
    sub: accountId,
    name: 'Åse Ødegård',
    given_name: 'Åse',
    family_name: 'Ødegård',
    phone_number: accountId.replace('customer-', ''),
    phone_number_verified: true,
    email: 'ase@example.com',
    email_verified: true,
    address,
    other_addresses: [],
    birthdate: '1990-02-28',
  };
}

// Which scope gives which claims.
export const CLAIMS_OF_SCOPES = {
  openid: ['sub'],
  name: ['name', 'given_name', 'family_name'],
  phoneNumber: ['phone_number', 'phone_number_verified'],
  email: ['email', 'email_verified'],
  address: ['address', 'other_addresses'],
  birthDate: ['birthdate'],
};
