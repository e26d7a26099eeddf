#include "server/login/staff_sentence.h"

#include <array>
#include <cstddef>

#include "absl/strings/substitute.h"

namespace cibad {
namespace {

struct Sentence {
  StaffSentence sentence;
  std::array<const char*, kLanguages.size()> texts;  // in the order of Language; $0: the value
};

// In the order of StaffSentence.
constexpr Sentence kSentences[] = {
    {StaffSentence::kStarting,
     {"The login is being sent to the customer's phone.",
      "Innloggingen sendes til kundens telefon.",
      "Anmodningen om login sendes til kundens telefon.",
      "Inloggningen skickas till kundens telefon.",
      "Kirjautumispyyntöä lähetetään asiakkaan puhelimeen."}},
    {StaffSentence::kPending,
     {"Ask the customer to open the Vipps MobilePay app and confirm the login.",
      "Be kunden åpne Vipps MobilePay-appen og bekrefte innloggingen.",
      "Bed kunden om at åbne Vipps MobilePay-appen og bekræfte sit login.",
      "Be kunden öppna appen Vipps MobilePay och bekräfta inloggningen.",
      "Pyydä asiakasta avaamaan Vipps MobilePay -sovellus ja vahvistamaan kirjautuminen."}},
    {StaffSentence::kPendingWithCode,
     {"Ask the customer to open the Vipps MobilePay app and confirm the login that shows $0.",
      "Be kunden åpne Vipps MobilePay-appen og bekrefte innloggingen som viser $0.",
      "Bed kunden om at åbne Vipps MobilePay-appen og bekræfte det login, der viser $0.",
      "Be kunden öppna appen Vipps MobilePay och bekräfta inloggningen som visar $0.",
      "Pyydä asiakasta avaamaan Vipps MobilePay -sovellus ja vahvistamaan kirjautuminen, jossa "
      "näkyy $0."}},
    {StaffSentence::kConfirmed,
     {"The customer has confirmed; their details are on the way.",
      "Kunden har bekreftet, og opplysningene er på vei.",
      "Kunden har bekræftet, og oplysningerne er på vej.",
      "Kunden har bekräftat, och uppgifterna är på väg.",
      "Asiakas on vahvistanut kirjautumisen, ja tiedot ovat tulossa."}},
    {StaffSentence::kCompleted,
     {"The customer is logged in.", "Kunden er logget inn.", "Kunden er logget ind.",
      "Kunden är inloggad.", "Asiakas on kirjautunut sisään."}},
    {StaffSentence::kDenied,
     {"The customer declined the login.", "Kunden avslo innloggingen.", "Kunden har afvist login.",
      "Kunden avböjde inloggningen.", "Asiakas hylkäsi kirjautumisen."}},
    {StaffSentence::kExpired,
     {"The customer did not answer in time; start again if they still want to log in.",
      "Kunden svarte ikke i tide; start på nytt hvis kunden fortsatt vil logge inn.",
      "Kunden svarede ikke i tide; start forfra, hvis kunden stadig vil logge ind.",
      "Kunden svarade inte i tid; starta på nytt om kunden fortfarande vill logga in.",
      "Asiakas ei vastannut ajoissa; aloita uudelleen, jos asiakas haluaa yhä kirjautua."}},
    {StaffSentence::kCancelled,
     {"The login was cancelled.", "Innloggingen ble avbrutt.", "Login blev annulleret.",
      "Inloggningen avbröts.", "Kirjautuminen peruttiin."}},
    {StaffSentence::kInterrupted,
     {"The login was interrupted; start it again, and ask the customer to use the newest request "
      "in the app.",
      "Innloggingen ble uventet brutt; start på nytt, og be kunden bruke den nyeste forespørselen "
      "i appen.",
      "Login blev uventet afbrudt; start forfra, og bed kunden om at bruge den nyeste anmodning i "
      "appen.",
      "Inloggningen bröts oväntat; starta på nytt och be kunden använda den senaste förfrågan i "
      "appen.",
      "Kirjautuminen keskeytyi odottamatta; aloita uudelleen ja pyydä asiakasta käyttämään "
      "sovelluksen uusinta pyyntöä."}},
    {StaffSentence::kPhoneNumberUnusable,
     {"This phone number cannot be used to log in with Vipps MobilePay; please use another way.",
      "Dette telefonnummeret kan ikke brukes til å logge inn med Vipps MobilePay; velg en annen "
      "måte.",
      "Dette telefonnummer kan ikke bruges til at logge ind med Vipps MobilePay; vælg en anden "
      "måde.",
      "Det här telefonnumret kan inte användas för att logga in med Vipps MobilePay; välj ett "
      "annat sätt.",
      "Tällä puhelinnumerolla ei voi kirjautua Vipps MobilePaylla; käytä toista tapaa."}},
    {StaffSentence::kCustomerUnusable,
     {"This customer cannot log in with Vipps MobilePay; please use another way.",
      "Denne kunden kan ikke logge inn med Vipps MobilePay; velg en annen måte.",
      "Denne kunde kan ikke logge ind med Vipps MobilePay; vælg en anden måde.",
      "Den här kunden kan inte logga in med Vipps MobilePay; välj ett annat sätt.",
      "Tämä asiakas ei voi kirjautua Vipps MobilePaylla; käytä toista tapaa."}},
    {StaffSentence::kCheckInExpired,
     {"The customer's check-in is too old; ask them to show a new QR code, then start again.",
      "Kundens innsjekking er for gammel; be kunden vise en ny QR-kode, og start på nytt.",
      "Kundens check-in er for gammel; bed kunden om at vise en ny QR-kode, og start forfra.",
      "Kundens incheckning är för gammal; be kunden visa en ny QR-kod och starta sedan på nytt.",
      "Asiakkaan kirjautumiskoodi on vanhentunut; pyydä asiakasta näyttämään uusi QR-koodi ja "
      "aloita uudelleen."}},
    {StaffSentence::kAppOutdated,
     {"The customer's Vipps MobilePay app is too old; ask them to update it, then start again.",
      "Kundens Vipps MobilePay-app er for gammel; be kunden oppdatere den, og start på nytt.",
      "Kundens Vipps MobilePay-app er for gammel; bed kunden om at opdatere den, og start forfra.",
      "Kundens app Vipps MobilePay är för gammal; be kunden uppdatera den och starta sedan på "
      "nytt.",
      "Asiakkaan Vipps MobilePay -sovellus on liian vanha; pyydä asiakasta päivittämään se ja "
      "aloita sitten uudelleen."}},
    {StaffSentence::kTooManyLogins,
     {"Too many logins were started for this customer; wait a little, then start again.",
      "Det er startet for mange innlogginger for denne kunden; vent litt, og start på nytt.",
      "Der er startet for mange logins for denne kunde; vent lidt, og start forfra.",
      "För många inloggningar har startats för den här kunden; vänta lite och starta sedan på "
      "nytt.",
      "Tälle asiakkaalle on aloitettu liian monta kirjautumista; odota hetki ja aloita sitten "
      "uudelleen."}},
    {StaffSentence::kTooManyLoginsForSeconds,
     {"Too many logins were started for this customer; wait $0 seconds, then start again.",
      "Det er startet for mange innlogginger for denne kunden; vent $0 sekunder, og start på nytt.",
      "Der er startet for mange logins for denne kunde; vent $0 sekunder, og start forfra.",
      "För många inloggningar har startats för den här kunden; vänta $0 sekunder och starta sedan "
      "på nytt.",
      "Tälle asiakkaalle on aloitettu liian monta kirjautumista; odota $0 sekuntia ja aloita "
      "sitten uudelleen."}},
    {StaffSentence::kTooManyLoginsForMinutes,
     {"Too many logins were started for this customer; wait $0 minutes, then start again.",
      "Det er startet for mange innlogginger for denne kunden; vent $0 minutter, og start på nytt.",
      "Der er startet for mange logins for denne kunde; vent $0 minutter, og start forfra.",
      "För många inloggningar har startats för den här kunden; vänta $0 minuter och starta sedan "
      "på nytt.",
      "Tälle asiakkaalle on aloitettu liian monta kirjautumista; odota $0 minuuttia ja aloita "
      "sitten uudelleen."}},
    {StaffSentence::kWrongChallenge,
     {"The customer chose the wrong code in the app; start the login again.",
      "Kunden valgte feil kode i appen; start innloggingen på nytt.",
      "Kunden valgte en forkert kode i appen; start login forfra.",
      "Kunden valde fel kod i appen; starta inloggningen på nytt.",
      "Asiakas valitsi sovelluksessa väärän koodin; aloita kirjautuminen uudelleen."}},
    {StaffSentence::kNotSetUp,
     {"Login with Vipps MobilePay is not set up correctly here; please call support and use "
      "another way.",
      "Innlogging med Vipps MobilePay er ikke satt opp riktig her; ring brukerstøtte, og velg en "
      "annen måte.",
      "Login med Vipps MobilePay er ikke sat rigtigt op her; ring til support, og vælg en anden "
      "måde.",
      "Inloggning med Vipps MobilePay är inte rätt inställd här; ring supporten och välj ett annat "
      "sätt.",
      "Vipps MobilePay -kirjautumisen asetukset eivät ole täällä kunnossa; soita tukeen ja käytä "
      "toista tapaa."}},
    {StaffSentence::kProviderUnavailable,
     {"Vipps MobilePay cannot be reached right now; try again in a few minutes.",
      "Vipps MobilePay svarer ikke akkurat nå; prøv igjen om noen minutter.",
      "Vipps MobilePay svarer ikke lige nu; prøv igen om nogle minutter.",
      "Vipps MobilePay går inte att nå just nu; försök igen om några minuter.",
      "Vipps MobilePayhin ei juuri nyt saada yhteyttä; yritä uudelleen muutaman minuutin "
      "kuluttua."}},
    {StaffSentence::kNotVerified,
     {"The login could not be verified; the customer is not logged in, please start again.",
      "Innloggingen kunne ikke verifiseres, og kunden er ikke logget inn; start på nytt.",
      "Login kunne ikke bekræftes, og kunden er ikke logget ind; start forfra.",
      "Inloggningen kunde inte verifieras, och kunden är inte inloggad; starta på nytt.",
      "Kirjautumista ei voitu vahvistaa, eikä asiakas ole kirjautunut sisään; aloita uudelleen."}},
    {StaffSentence::kFailed,
     {"The login failed; please start again.", "Innloggingen mislyktes; start på nytt.",
      "Login mislykkedes; start forfra.", "Inloggningen misslyckades; starta på nytt.",
      "Kirjautuminen epäonnistui; aloita uudelleen."}},
    {StaffSentence::kFailedWithCode,
     {"The login failed ($0); please start again.", "Innloggingen mislyktes ($0); start på nytt.",
      "Login mislykkedes ($0); start forfra.", "Inloggningen misslyckades ($0); starta på nytt.",
      "Kirjautuminen epäonnistui ($0); aloita uudelleen."}},
    {StaffSentence::kPhoneNumberUsable,
     {"This phone number can be used to log in with Vipps MobilePay.",
      "Dette telefonnummeret kan brukes til å logge inn med Vipps MobilePay.",
      "Dette telefonnummer kan bruges til at logge ind med Vipps MobilePay.",
      "Det här telefonnumret kan användas för att logga in med Vipps MobilePay.",
      "Tällä puhelinnumerolla voi kirjautua Vipps MobilePaylla."}},
};

constexpr bool SentencesAreInOrder() {
  size_t index = 0;
  for (const Sentence& sentence : kSentences) {
    if (static_cast<size_t>(sentence.sentence) != index++) return false;
  }
  return index == static_cast<size_t>(kLastStaffSentence) + 1;
}
static_assert(SentencesAreInOrder());

}  // namespace

std::string StaffText(StaffSentence sentence, Language language, absl::string_view value) {
  const Sentence& found = kSentences[static_cast<size_t>(sentence)];
  return absl::Substitute(found.texts[static_cast<size_t>(language)], value);
}

}  // namespace cibad
