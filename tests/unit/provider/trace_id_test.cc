#include "server/provider/trace_id.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace cibad {
namespace {

// As Vipps writes them (W3C Trace Context), UUIDs, and what gateways make up.
constexpr const char* kTraceIds[] = {
    "00-6614b5c7ea5c404b17e45c3a398c4754-5ca6de688e27022d-01",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-1234567890123456-01",  // a span id without a letter
    "123e4567-e89b-12d3-a456-426655440000",
    "12345678-1234-4234-8234-123456789012",  // a UUID without a letter
    "urn:uuid:12345678-1234-4234-8234-123456789012",
    "4711",
    "a91234567",
    "12345678901234567890123456789012",
};

std::string TraceOf(const std::string& body, const std::string& header = "",
                    const std::string& value = "") {
  HttpResponse response;
  if (!header.empty()) response.headers.Add({header, ": ", value});
  const auto parsed = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  return FindTraceId(response, parsed.is_object() ? &parsed : nullptr);
}

TEST(CleanTraceId, LeavesTraceIdsWhole) {
  for (const char* id : kTraceIds) EXPECT_EQ(CleanTraceId(id), id);
}

TEST(CleanTraceId, MasksWhatMayBeAPhoneNumber) {
  EXPECT_EQ(CleanTraceId("91234567"), "********");
  EXPECT_EQ(CleanTraceId("+47 912 34 567"), "**********");
  EXPECT_EQ(CleanTraceId("47-912-34-567"), "**-***-**-***");
  EXPECT_EQ(CleanTraceId("abc-4791234567-def"), "abc-**********-def");
  EXPECT_EQ(CleanTraceId("msisdn4791234567"), "msisdn**********");
  EXPECT_EQ(CleanTraceId("user:91234567:4791234567"), "user:********:**********");
  EXPECT_EQ(CleanTraceId("358401234567890.x"), "***************.x");
}

TEST(CleanTraceId, DropsWhatIsNoPartOfAnIdAndIsBounded) {
  EXPECT_EQ(CleanTraceId("a\r\nb\x1b[31mc \"d\"\xff"), "ab31mcd");
  EXPECT_EQ(CleanTraceId(std::string(100'000, 'a')), std::string(64, 'a'));
}

TEST(FindTraceId, TheBodysOwnComesFirst) {
  EXPECT_EQ(TraceOf(R"({"traceId":"4bf9","instance":"urn:uuid:1"})", "x-request-id", "2"),
            "traceId 4bf9");
  EXPECT_EQ(TraceOf(R"({"instance":"urn:uuid:123e4567-e89b-12d3-a456-426655440000"})"),
            "instance urn:uuid:123e4567-e89b-12d3-a456-426655440000");
}

TEST(FindTraceId, AnInstanceThatIsAPathIsNone) {
  EXPECT_EQ(TraceOf(R"({"instance":"/v1/payments/91234567"})"), "");
}

TEST(FindTraceId, AHeaderTellsWhereTheBodyDoesNot) {
  for (const char* header : {"traceparent", "x-request-id", "x-correlation-id", "request-id"}) {
    EXPECT_EQ(TraceOf("{}", header, "4bf9-1"), std::string(header) + " 4bf9-1");
    EXPECT_EQ(TraceOf("<html>", header, "4bf9-1"), std::string(header) + " 4bf9-1");
  }
  EXPECT_EQ(TraceOf("{}", "x-request-id", "\xff"), "");
  EXPECT_EQ(TraceOf(R"({"traceId":7,"instance":[]})"), "");
}

}  // namespace
}  // namespace cibad
