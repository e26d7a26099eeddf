// `cibactl webhook`: registers the operator's webhooks for pings at the provider, lists them, and
// deletes them. The secret that the provider shows once goes into a file and nowhere else.

#ifndef CIBAD_CLIENT_WEBHOOK_COMMANDS_H_
#define CIBAD_CLIENT_WEBHOOK_COMMANDS_H_

#include <string>

#include "cibad/v1/login.pb.h"
#include "client/commands.h"

namespace cibad {

// Registers a webhook, and writes its secret to a file, which must not exist yet: nobody else can
// read it, and it is made before the provider is asked, so that the secret is not lost.
int RunRegisterWebhook(const Session& session, const v1::RegisterWebhookRequest& request,
                       const std::string& secret_file);

int RunListWebhooks(const Session& session, const v1::ListWebhooksRequest& request);

int RunDeleteWebhook(const Session& session, const v1::DeleteWebhookRequest& request);

}  // namespace cibad

#endif  // CIBAD_CLIENT_WEBHOOK_COMMANDS_H_
