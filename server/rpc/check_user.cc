#include "server/rpc/check_user.h"

#include <string>
#include <utility>

#include "server/login/language.h"
#include "server/login/phone_mask.h"
#include "server/login/staff_sentence.h"
#include "server/provider/phone_number.h"
#include "server/rpc/policy.h"

namespace cibad {

absl::StatusOr<Shared<LoginRequest>> ReadCheckUserRequest(const v1::CheckUserRequest& message,
                                                          const Caller& caller,
                                                          const SalesUnits& sales_units) {
  const absl::StatusOr<const SalesUnit*> unit =
      FindSalesUnit(message.sales_unit(), *caller.policy, sales_units);
  if (!unit.ok()) return unit.status();
  absl::StatusOr<std::string> msisdn =
      ParsePhoneNumber(message.phone_number(), (*unit)->default_region);
  if (!msisdn.ok()) return msisdn.status();
  const absl::StatusOr<Language> language = LanguageOf(message.language_code());
  if (!language.ok()) return language.status();
  Shared<LoginRequest> question;
  LoginRequest& request = question.Edit();
  request.caller = caller.name;
  request.sales_unit = (*unit)->msn;
  request.msisdn = *std::move(msisdn);
  request.language = *language;
  return question;
}

v1::CheckUserResponse ToMessage(const LoginRequest& question, const UserExists& answer) {
  v1::CheckUserResponse message;
  message.set_exists(answer.exists);
  message.set_masked_phone_number(MaskPhoneNumber(question.msisdn));
  message.set_staff_message(StaffText(
      answer.exists ? StaffSentence::kPhoneNumberUsable : StaffSentence::kPhoneNumberUnusable,
      question.language));
  return message;
}

}  // namespace cibad
