#include "server/login/new_login.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace cibad {
namespace {

constexpr absl::string_view kBase32 = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr size_t kIdLength = 26;              // 26 × 5 bits hold 128,
constexpr char kHighestFirstCharacter = '7';  // the first of them only three

}  // namespace

std::string MakeLoginId(const LoginIdBits& random_bits) {
  std::string id;
  id.reserve(kIdLength);
  unsigned window = 0;  // the bits not yet spelled, lowest last
  int window_bits = 2;  // two zero bits in front make 130, a multiple of five
  for (const uint8_t byte : random_bits) {
    window = (window << 8) | byte;
    window_bits += 8;
    while (window_bits >= 5) {
      window_bits -= 5;
      id.push_back(kBase32[(window >> window_bits) & 31]);
    }
  }
  return id;
}

bool IsLoginId(absl::string_view id) {
  return id.size() == kIdLength && id.front() <= kHighestFirstCharacter &&
         std::all_of(id.begin(), id.end(),
                     [](char c) { return kBase32.find(c) != absl::string_view::npos; });
}

Login NewLogin(std::string id, Shared<LoginRequest> request, const Handling& handling,
               absl::Time now) {
  Login login;
  login.id = std::move(id);
  login.revision = 1;
  login.request = std::move(request);
  login.handling = handling;
  login.state = LoginState::kStarting;
  login.create_time = now;
  login.update_time = now;
  return login;
}

bool AskForTheSame(const LoginRequest& one, const LoginRequest& other) {
  if (!one.binding_message_is_made || !other.binding_message_is_made) return one == other;
  LoginRequest with_the_same_message = other;
  with_the_same_message.binding_message = one.binding_message;
  return one == with_the_same_message;
}

}  // namespace cibad
