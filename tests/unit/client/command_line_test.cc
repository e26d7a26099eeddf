#include "client/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "client/address.h"

namespace cibad {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;

std::variant<CommandLine, EarlyExit> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "cibactl");
  return ParseCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

CommandLine Understood(const std::vector<const char*>& arguments) {
  auto parsed = Parse(arguments);
  if (const auto* early = std::get_if<EarlyExit>(&parsed)) {
    ADD_FAILURE() << early->err << early->out;
    return {};
  }
  return std::get<CommandLine>(parsed);
}

EarlyExit Refused(const std::vector<const char*>& arguments) {
  auto parsed = Parse(arguments);
  if (std::holds_alternative<CommandLine>(parsed)) {
    ADD_FAILURE() << "was accepted";
    return {};
  }
  return std::get<EarlyExit>(parsed);
}

TEST(CommandLineTest, LoginTakesAPhoneNumberAsPeopleWriteIt) {
  EXPECT_EQ(Understood({"login", "+47", "912", "34", "567"}).start.phone_number(),
            "+47 912 34 567");
  EXPECT_EQ(Understood({"login", "91234567"}).start.phone_number(), "91234567");
}

TEST(CommandLineTest, LoginAsksForNameAndPhoneNumberUnlessToldOtherwise) {
  EXPECT_THAT(Understood({"login", "1"}).start.scopes(), IsEmpty()) << "the sales unit's are meant";
  EXPECT_THAT(Understood({"login", "1", "--scope", "name, email"}).start.scopes(),
              ElementsAre("name", "email"));
  EXPECT_THAT(Understood({"login", "--scope", "name", "--scope", "nin", "1"}).start.scopes(),
              ElementsAre("name", "nin"));
}

TEST(CommandLineTest, EveryLoginOptionReachesTheRequest) {
  const auto start =
      Understood({"login", "1", "--binding-message", "TILL-07", "--expiry", "2m", "--sales-unit",
                  "123456", "--reference", "R 1", "--request-id", "x", "--language", "nb-NO"})
          .start;
  EXPECT_EQ(start.binding_message(), "TILL-07");
  EXPECT_EQ(start.requested_expiry().seconds(), 120);
  EXPECT_EQ(start.sales_unit(), "123456");
  EXPECT_EQ(start.reference(), "R 1");
  EXPECT_EQ(start.request_id(), "x");
  EXPECT_EQ(start.language_code(), "nb-NO");
  EXPECT_FALSE(start.no_binding_message());
  EXPECT_TRUE(Understood({"login", "1", "--no-binding-message"}).start.no_binding_message());
  EXPECT_FALSE(Understood({"login", "1"}).start.has_requested_expiry());
}

TEST(CommandLineTest, LoginTakesTheFileOfACustomerTokenInPlaceOfAPhoneNumber) {
  const CommandLine line = Understood({"login", "--customer-token-file", "-"});
  EXPECT_EQ(line.customer_token_file, "-");
  EXPECT_EQ(line.start.phone_number(), "");
}

TEST(CommandLineTest, LoginCanFinishOnAWebPage) {
  const auto start = Understood({"login", "1", "--redirect-uri", "https://shop.example/back",
                                 "--state", "state-0001"})
                         .start;
  EXPECT_EQ(start.redirect_uri(), "https://shop.example/back");
  EXPECT_EQ(start.state(), "state-0001");
}

TEST(CommandLineTest, CompleteTakesTheQueryOrTheCode) {
  const CommandLine query = Understood({"complete", "01X", "--callback-query", "code=a&state=b"});
  EXPECT_EQ(query.command, Command::kComplete);
  EXPECT_EQ(query.complete.id(), "01X");
  EXPECT_EQ(query.complete.callback_query(), "code=a&state=b");
  const CommandLine code = Understood({"complete", "01X", "--code", "-"});
  EXPECT_EQ(code.complete.answer_case(), v1::CompleteLoginRequest::kCode);
  EXPECT_EQ(code.complete.code(), "-");
}

TEST(CommandLineTest, EveryStartHasARequestIdOfItsOwnSoThatItCanBeRepeated) {
  const std::string first = Understood({"login", "1"}).start.request_id();
  EXPECT_THAT(first,
              MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_NE(first, Understood({"login", "1"}).start.request_id());
}

TEST(CommandLineTest, OptionsOfEveryCommandMayStandBehindIt) {
  const CommandLine line = Understood({"watch", "01X", "--json", "--server", "/run/x.sock"});
  EXPECT_EQ(line.command, Command::kWatch);
  EXPECT_EQ(line.id, "01X");
  EXPECT_TRUE(line.json);
  EXPECT_EQ(line.address, "/run/x.sock");
  EXPECT_EQ(line.target, "unix:/run/x.sock");
}

TEST(CommandLineTest, ServerComesFromTheOptionThenTheEnvironmentThenTheDefault) {
  unsetenv("CIBAD_SERVER");
  EXPECT_EQ(Understood({"list"}).address, kDefaultAddress);
  setenv("CIBAD_SERVER", "localhost:50051", 1);
  EXPECT_EQ(Understood({"list"}).target, "localhost:50051");
  EXPECT_EQ(Understood({"list", "--server", "unix:/y"}).target, "unix:/y");
  unsetenv("CIBAD_SERVER");
}

TEST(CommandLineTest, LanguageComesFromTheOptionThenOurEnvironmentAndNeverFromTheTerminals) {
  setenv("LANG", "nb_NO.UTF-8", 1);
  unsetenv("CIBAD_LANGUAGE");
  EXPECT_EQ(Understood({"login", "1"}).start.language_code(), "");
  setenv("CIBAD_LANGUAGE", "da", 1);
  EXPECT_EQ(Understood({"login", "1"}).start.language_code(), "da");
  EXPECT_EQ(Understood({"login", "1", "--language", "sv"}).start.language_code(), "sv");
  unsetenv("CIBAD_LANGUAGE");
}

TEST(CommandLineTest, ListHasALimit) {
  EXPECT_EQ(Understood({"list"}).limit, 30);
  const CommandLine line = Understood({"list", "--unfinished", "--limit", "5"});
  EXPECT_TRUE(line.unfinished_only);
  EXPECT_EQ(line.limit, 5);
}

TEST(CommandLineTest, DurationsAreWholeSecondsWithOrWithoutAUnit) {
  EXPECT_EQ(Understood({"list", "--retry-for", "90"}).retry_for, absl::Seconds(90));
  EXPECT_EQ(Understood({"list", "--retry-for", "0"}).retry_for, absl::ZeroDuration());
  EXPECT_EQ(Understood({"list"}).retry_for, absl::Seconds(60));
}

struct BadLine {
  const char* name;
  std::vector<const char*> arguments;
  const char* says;
};
class BadCommandLineTest : public testing::TestWithParam<BadLine> {};

TEST_P(BadCommandLineTest, EndsWithTwoAndSaysWhatIsWrong) {
  const EarlyExit early = Refused(GetParam().arguments);
  EXPECT_EQ(early.exit_code, 2);
  EXPECT_THAT(early.err, HasSubstr(GetParam().says));
  EXPECT_THAT(early.err, HasSubstr("cibactl --help"));
  EXPECT_THAT(early.out, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    All, BadCommandLineTest,
    testing::Values(
        BadLine{"NoCommand", {}, "a command is missing"},
        BadLine{"UnknownCommand", {"frobnicate"}, "frobnicate"},
        BadLine{"NoPhone", {"login"}, "PHONE is required"},
        BadLine{"NoId", {"watch"}, "ID is required"},
        BadLine{"PartOfASecond", {"login", "1", "--expiry", "1.5s"}, "whole seconds"},
        BadLine{"NoNumber", {"login", "1", "--expiry", "soon"}, "whole seconds"},
        BadLine{"NegativeTime", {"login", "1", "--expiry", "-5"}, "whole seconds"},
        BadLine{"MessageAndNone",
                {"login", "1", "--binding-message", "A", "--no-binding-message"},
                "excludes"},
        BadLine{"PhoneAndToken", {"login", "1", "--customer-token-file", "f"}, "excludes"},
        BadLine{"StateWithoutAPage", {"login", "1", "--state", "12345678"}, "requires"},
        BadLine{"CompleteWithNothing", {"complete", "01X"}, "--code"},
        BadLine{"CompleteWithBoth",
                {"complete", "01X", "--code", "a", "--callback-query", "code=a"},
                "--code"},
        BadLine{"ZeroLimit", {"list", "--limit", "0"}, "--limit"},
        BadLine{"NoAddress", {"list", "--server", "nowhere"}, "HOST:PORT"},
        BadLine{"ASocketWithAToken",
                {"list", "--server", "/x", "--token-file", "x"},
                "a Unix socket takes no certificate and no token"},
        BadLine{"ACertificateWithoutItsKey",
                {"list", "--server", "a:1", "--certificate-file", "x"},
                "give --key-file as well"},
        BadLine{"TlsToASocket", {"list", "--server", "https:///x"}, "https://HOST:PORT"},
        BadLine{"TwoIds", {"get", "a", "b"}, "b"},
        BadLine{"UnknownOption", {"list", "--what"}, "--what"}),
    [](const auto& line) { return line.param.name; });

TEST(CommandLineTest, AnErrorIsJsonWhereJsonWasAskedFor) {
  const EarlyExit early = Refused({"--json", "login"});
  EXPECT_EQ(early.exit_code, 2);
  EXPECT_THAT(early.out, HasSubstr(R"({"error":{"code":"INVALID_ARGUMENT")"));
  EXPECT_THAT(early.err, IsEmpty());
}

TEST(CommandLineTest, HelpHasEveryExitCodeAndExamplesAndFitsEightyColumns) {
  const EarlyExit early = Refused({"--help"});
  EXPECT_EQ(early.exit_code, 0);
  for (const char* text : {"  0  ", "  1  ", "  2  ", "  3  ", "  4  ", "  5  ", "  6  ", "  130",
                           "Examples:", "CIBAD_SERVER", "cibactl login 912 34 567"}) {
    EXPECT_THAT(early.out, HasSubstr(text));
  }
  for (const auto& help :
       {early.out, Refused({"login", "--help"}).out, Refused({"complete", "--help"}).out}) {
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 84) << line;
  }
}

TEST(CommandLineTest, VersionIsPrinted) {
  EXPECT_THAT(Refused({"--version"}).out, MatchesRegex("cibactl [0-9.]+\n"));
  EXPECT_EQ(Refused({"--version"}).exit_code, 0);
}

TEST(AddressTest, TakesSocketsAndPorts) {
  EXPECT_EQ(*TargetOf("unix:/run/cibad/cibad.sock"), "unix:/run/cibad/cibad.sock");
  EXPECT_EQ(*TargetOf("unix:///run/x"), "unix:/run/x");
  EXPECT_EQ(*TargetOf("/run/x"), "unix:/run/x");
  EXPECT_EQ(*TargetOf("./x"), "unix:./x");
  EXPECT_EQ(*TargetOf("localhost:8443"), "localhost:8443");
  EXPECT_EQ(*TargetOf("[::1]:8443"), "[::1]:8443");
}

TEST(AddressTest, RefusesWhatIsNone) {
  for (const char* address : {"", "localhost", ":8443", "localhost:", "localhost:x", "localhost:0",
                              "localhost:70000", "unix:"}) {
    EXPECT_FALSE(TargetOf(address).ok()) << address;
  }
  EXPECT_THAT(std::string(TargetOf("/" + std::string(200, 'x')).status().message()),
              HasSubstr("at most 107 bytes"));
}

TEST(CommandLineTest, WebhookHasCommandsOfItsOwn) {
  const CommandLine made = Understood({"webhook", "register", "--sales-unit", "123456", "--url",
                                       "https://a.example/hook", "--secret-file", "secret"});
  EXPECT_EQ(made.command, Command::kRegisterWebhook);
  EXPECT_EQ(made.webhook.sales_unit(), "123456");
  EXPECT_EQ(made.webhook.url(), "https://a.example/hook");
  EXPECT_EQ(made.secret_file, "secret");
  EXPECT_EQ(Understood({"webhook", "list"}).command, Command::kListWebhooks);
  EXPECT_EQ(Understood({"list"}).command, Command::kList);
  const CommandLine deleted = Understood({"webhook", "delete", "id-1", "--json"});
  EXPECT_EQ(deleted.command, Command::kDeleteWebhook);
  EXPECT_EQ(deleted.id, "id-1");
  EXPECT_TRUE(deleted.json);
  for (const auto& wrong : std::vector<std::vector<const char*>>{
           {"webhook"}, {"webhook", "register"}, {"webhook", "delete"}, {"register"}, {"delete"}}) {
    EXPECT_EQ(Refused(wrong).exit_code, 2);
  }
}

}  // namespace
}  // namespace cibad
