// Logins for the tests of what is shown.

#ifndef CIBAD_TESTS_UNIT_CLIENT_SAMPLE_LOGIN_H_
#define CIBAD_TESTS_UNIT_CLIENT_SAMPLE_LOGIN_H_

#include "cibad/v1/login.pb.h"

namespace cibad {

constexpr int64_t kSampleStart = 1'800'000'000;  // 2027-01-15T08:00:00Z
constexpr int64_t kSampleTime = 600;             // that the customer has, in seconds

inline v1::Login SampleLogin(v1::Login::State state) {
  v1::Login login;
  login.set_id("01SAMPLE");
  login.set_state(state);
  login.set_masked_phone_number("47*****678");
  login.set_binding_message("K7-42XQ");
  login.mutable_create_time()->set_seconds(kSampleStart);
  login.mutable_update_time()->set_seconds(kSampleStart);
  if (state >= v1::Login::PENDING)
    login.mutable_expire_time()->set_seconds(kSampleStart + kSampleTime);
  return login;
}

inline v1::Login SampleCompletedLogin() {
  v1::Login login = SampleLogin(v1::Login::COMPLETED);
  v1::Profile* profile = login.mutable_profile();
  profile->set_sub("c06c4afe-d9e1-4c5d-939a-177d752a0944");
  profile->set_name("Åse Bjørnsdatter Ærfugl");
  profile->set_phone_number("+4791234678");
  profile->set_phone_number_verified(true);
  profile->set_email("ase@example.com");
  v1::Address* address = profile->add_addresses();
  address->set_address_type("home");
  address->set_formatted("Robert Levins gate 5\n0154 OSLO\nNO");
  return login;
}

}  // namespace cibad

#endif  // CIBAD_TESTS_UNIT_CLIENT_SAMPLE_LOGIN_H_
