#include "tests/integration/till.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_interceptor.h>

#include <chrono>
#include <future>
#include <utility>

#include "absl/strings/cord.h"
#include "cibad/v1/login.grpc.pb.h"

namespace cibad {
namespace {

constexpr auto kCallLimit = std::chrono::seconds(60);
constexpr auto kWatchLimit = std::chrono::seconds(240);

absl::Status ToAbsl(const grpc::Status& status) {
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

// With the hint when to try again, where the daemon gave one.
absl::Status ToAbsl(const grpc::Status& status, const grpc::ClientContext& context) {
  absl::Status told = ToAbsl(status);
  const auto& metadata = context.GetServerTrailingMetadata();
  const auto hint = metadata.find(kRetryPushback);
  if (hint != metadata.end()) {
    told.SetPayload(kRetryPushback,
                    absl::Cord(std::string(hint->second.data(), hint->second.size())));
  }
  return told;
}

grpc::ByteBuffer ToBytes(const std::string& text) {
  const grpc::Slice slice(text);
  return {&slice, 1};
}

std::string ToText(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  std::string text;
  if (!bytes.Dump(&slices).ok()) return text;
  for (const grpc::Slice& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

// One message of protobuf's wire format with one field of bytes, shorter than 128.
std::string OneField(int number, const std::string& value) {
  constexpr int kLengthDelimited = 2;
  std::string message;
  message += static_cast<char>((number << 3) | kLengthDelimited);
  message += static_cast<char>(value.size());
  return message + value;
}

class GrpcWatch : public Watch {
 public:
  GrpcWatch(v1::LoginService::Stub& stub, const std::string& id) {
    context_.set_deadline(std::chrono::system_clock::now() + kWatchLimit);
    v1::WatchLoginRequest request;
    request.set_id(id);
    reader_ = stub.WatchLogin(&context_, request);
  }
  ~GrpcWatch() override { context_.TryCancel(); }

  std::optional<v1::Login> Next() override {
    v1::Login login;
    if (!reader_->Read(&login)) return std::nullopt;
    return login;
  }
  absl::Status Finish() override {
    const grpc::Status status = reader_->Finish();
    return ToAbsl(status, context_);
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::Login>> reader_;
};

// Sends one message on a stream of bytes, and keeps the first answer.
class OneAnswer : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit OneAnswer(const std::string& request) : request_(ToBytes(request)) {}

  void Begin() {
    StartRead(&answer_);
    StartWriteLast(&request_, grpc::WriteOptions());
    StartCall();
  }
  void OnReadDone(bool ok) override {
    if (ok) text_ = ToText(answer_);
  }
  void OnDone(const grpc::Status& status) override { done_.set_value(ToAbsl(status)); }

  absl::StatusOr<std::string> Wait() {
    absl::Status status = done_.get_future().get();
    if (!status.ok()) return status;
    return text_;
  }

 private:
  grpc::ByteBuffer request_;
  grpc::ByteBuffer answer_;
  std::string text_;
  std::promise<absl::Status> done_;
};

// Adds the header to every call. gRPC's own call credentials would refuse to on a connection that
// is not encrypted, which is what a test may want to see refused by the daemon.
class Authorizing : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit Authorizing(std::shared_ptr<const std::string> header) : header_(std::move(header)) {}

  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo* /*info*/) override {
    return new Header(*header_);
  }

 private:
  class Header : public grpc::experimental::Interceptor {
   public:
    explicit Header(const std::string& header) : header_(header) {}
    void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
      if (methods->QueryInterceptionHookPoint(
              grpc::experimental::InterceptionHookPoints::PRE_SEND_INITIAL_METADATA) &&
          !header_.empty())
        methods->GetSendInitialMetadata()->insert({"authorization", header_});
      methods->Proceed();
    }

   private:
    const std::string& header_;
  };

  const std::shared_ptr<const std::string> header_;
};

template <typename Call>
auto Within(Call call) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kCallLimit);
  return call(&context);
}

template <typename Answer, typename Method, typename Stub, typename Request>
absl::StatusOr<Answer> Ask(Stub& stub, Method method, const Request& request) {
  Answer answer;
  const absl::Status status = Within([&](grpc::ClientContext* context) {
    const grpc::Status end = (stub.*method)(context, request, &answer);
    return ToAbsl(end, *context);
  });
  if (!status.ok()) return status;
  return answer;
}

}  // namespace

std::vector<v1::Login::State> Watched::States() const {
  std::vector<v1::Login::State> states;
  for (const v1::Login& login : logins) {
    if (states.empty() || states.back() != login.state()) states.push_back(login.state());
  }
  return states;
}

v1::Login Watched::Last() const { return logins.empty() ? v1::Login() : logins.back(); }

struct Till::Connection {
  Connection(const std::string& address, const TillSecurity& security)
      : authorization(std::make_shared<std::string>(security.authorization)),
        channel(MakeChannel(address, security, authorization)),
        stub(v1::LoginService::NewStub(channel)),
        any(channel) {}

  // A channel of its own: gRPC would share the connection, and its back-off, with other tills.
  static std::shared_ptr<grpc::Channel> MakeChannel(
      const std::string& address, const TillSecurity& security,
      const std::shared_ptr<std::string>& authorization) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const std::shared_ptr<grpc::ChannelCredentials> credentials =
        security.ca.empty()
            ? grpc::InsecureChannelCredentials()
            : grpc::SslCredentials({security.ca, security.key, security.certificate});
    std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
        interceptors;
    if (!security.ca.empty() || !authorization->empty())
      interceptors.push_back(std::make_unique<Authorizing>(authorization));
    return grpc::experimental::CreateCustomChannelWithInterceptors(address, credentials, arguments,
                                                                   std::move(interceptors));
  }

  std::shared_ptr<std::string> authorization;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::LoginService::Stub> stub;
  grpc::GenericStub any;
};

Till::Till(const std::string& address, const TillSecurity& security)
    : connection_(std::make_unique<Connection>(address, security)) {}

Till::~Till() = default;

void Till::Authorize(const std::string& header) { *connection_->authorization = header; }

absl::StatusOr<v1::Login> Till::Start(const v1::StartLoginRequest& request) {
  return Within([&](grpc::ClientContext* context) -> absl::StatusOr<v1::Login> {
    v1::Login login;
    const grpc::Status status = connection_->stub->StartLogin(context, request, &login);
    if (!status.ok()) return ToAbsl(status, *context);
    return login;
  });
}

absl::StatusOr<v1::Login> Till::Start(const std::string& phone_number) {
  return Start(Request(phone_number));
}

absl::StatusOr<v1::CheckUserResponse> Till::Check(const v1::CheckUserRequest& request) {
  return Ask<v1::CheckUserResponse>(*connection_->stub, &v1::LoginService::Stub::CheckUser,
                                    request);
}

absl::StatusOr<v1::Login> Till::Get(const std::string& id) {
  v1::GetLoginRequest request;
  request.set_id(id);
  return Ask<v1::Login>(*connection_->stub, &v1::LoginService::Stub::GetLogin, request);
}

absl::StatusOr<v1::Login> Till::Cancel(const std::string& id) {
  v1::CancelLoginRequest request;
  request.set_id(id);
  return Ask<v1::Login>(*connection_->stub, &v1::LoginService::Stub::CancelLogin, request);
}

absl::StatusOr<v1::Login> Till::Complete(const v1::CompleteLoginRequest& request) {
  return Ask<v1::Login>(*connection_->stub, &v1::LoginService::Stub::CompleteLogin, request);
}

absl::Status Till::Acknowledge(const std::string& id) {
  v1::AcknowledgeLoginRequest request;
  request.set_id(id);
  return Ask<google::protobuf::Empty>(*connection_->stub, &v1::LoginService::Stub::AcknowledgeLogin,
                                      request)
      .status();
}

absl::StatusOr<v1::ListLoginsResponse> Till::List(const v1::ListLoginsRequest& request) {
  return Ask<v1::ListLoginsResponse>(*connection_->stub, &v1::LoginService::Stub::ListLogins,
                                     request);
}

std::unique_ptr<Watch> Till::Open(const std::string& id) {
  return std::make_unique<GrpcWatch>(*connection_->stub, id);
}

Watched Till::WatchToEnd(const std::string& id) {
  return WatchUntil(id, v1::Login::STATE_UNSPECIFIED);
}

Watched Till::WatchUntil(const std::string& id, v1::Login::State state) {
  const std::unique_ptr<Watch> watch = Open(id);
  Watched watched;
  while (std::optional<v1::Login> login = watch->Next()) {
    watched.logins.push_back(*std::move(login));
    if (watched.logins.back().state() == state) return watched;
  }
  watched.status = watch->Finish();
  return watched;
}

absl::StatusOr<std::string> Till::Health(const std::string& service) {
  const grpc::ByteBuffer request = ToBytes(OneField(/*number=*/1, service));
  grpc::ByteBuffer answer;
  const absl::Status status = Within([&](grpc::ClientContext* context) {
    std::promise<absl::Status> done;
    connection_->any.UnaryCall(context, "/grpc.health.v1.Health/Check", grpc::StubOptions(),
                               &request, &answer,
                               [&done](const grpc::Status& end) { done.set_value(ToAbsl(end)); });
    return done.get_future().get();
  });
  if (!status.ok()) return status;
  const std::string text = ToText(answer);  // field 1, a number: the status
  if (text == "\x08\x01") return "SERVING";
  if (text == "\x08\x02") return "NOT_SERVING";
  return absl::InternalError("the health service answers neither SERVING nor NOT_SERVING");
}

absl::StatusOr<std::string> Till::ReflectedServices() {
  return Within([&](grpc::ClientContext* context) {
    OneAnswer answer(OneField(/*number=*/7, "*"));
    connection_->any.PrepareBidiStreamingCall(
        context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        grpc::StubOptions(), &answer);
    answer.Begin();
    return answer.Wait();
  });
}

v1::StartLoginRequest Request(const std::string& phone_number) {
  v1::StartLoginRequest request;
  request.set_phone_number(phone_number);
  for (const char* scope : {"name", "phoneNumber", "email", "address", "birthDate"}) {
    request.add_scopes(scope);
  }
  return request;
}

}  // namespace cibad
