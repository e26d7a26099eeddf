// cage UNIT FOLDER PROGRAM [ARGUMENT...]: runs a program as the sandboxing of a systemd unit would,
// as far as that can be done without a running systemd: the unit's system calls and address
// families and nothing else, no memory that is both written and run, no namespaces, no
// capabilities, no new privileges, every file system read-only but FOLDER, and a /proc of processes
// alone.
//
// It is stricter than the unit in one point: what SystemCallFilter= does not list kills the
// program, where systemd lets it fail with EPERM, so that a test cannot miss it. Ends with 77 where
// the machine does not let it build the cage, which takes root.

#include <grp.h>
#include <linux/mount.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace cibad {
namespace {

constexpr int kCannot = 77;

[[noreturn]] void Give(int exit_code, const std::string& what) {
  std::cerr << "cage: " << what << ": " << std::strerror(errno) << std::endl;
  _exit(exit_code);
}

// What the unit assigns to the key, line by line.
std::vector<std::string> ValuesOf(const std::string& unit, const std::string& key) {
  std::ifstream file(unit);
  std::vector<std::string> values;
  for (std::string line; std::getline(file, line);) {
    if (absl::StartsWith(line, key + "=")) values.push_back(line.substr(key.size() + 1));
  }
  if (values.empty()) Give(1, absl::StrCat(unit, " has no ", key));
  return values;
}

void MustSay(const std::string& unit, const std::string& assignment) {
  std::ifstream file(unit);
  for (std::string line; std::getline(file, line);) {
    if (line == assignment) return;
  }
  Give(1, absl::StrCat(unit, " lacks ", assignment, ", which this cage is built by"));
}

// The system calls of a name of SystemCallFilter=: itself, or those of a set of systemd's.
std::set<std::string> Expand(const std::string& name) {
  if (!absl::StartsWith(name, "@")) return {name};
  std::set<std::string> calls;
  FILE* const list =
      popen(absl::StrCat("systemd-analyze syscall-filter --no-pager ", name).c_str(), "r");
  if (list == nullptr) Give(kCannot, "cannot run systemd-analyze");
  char line[256];
  while (std::fgets(line, sizeof line, list) != nullptr) {
    const std::string entry(absl::StripAsciiWhitespace(line));
    if (entry.empty() || entry == name || absl::StartsWith(entry, "#")) continue;
    calls.merge(Expand(entry));
  }
  if (pclose(list) != 0 || calls.empty()) Give(kCannot, "systemd-analyze does not know " + name);
  return calls;
}

std::set<std::string> AllowedCalls(const std::string& unit) {
  // systemd puts this set in front of every list of what is allowed.
  std::set<std::string> allowed = Expand("@default");
  for (absl::string_view value : ValuesOf(unit, "SystemCallFilter")) {
    const bool is_denied = absl::ConsumePrefix(&value, "~");
    for (const absl::string_view name : absl::StrSplit(value, ' ', absl::SkipEmpty())) {
      for (const std::string& call : Expand(std::string(name))) {
        if (is_denied) {
          allowed.erase(call);
        } else {
          allowed.insert(call);
        }
      }
    }
  }
  return allowed;
}

void Load(scmp_filter_ctx filter) {
  if (seccomp_load(filter) != 0) Give(kCannot, "the kernel takes no filter");
  seccomp_release(filter);
}

void AllowOnly(const std::set<std::string>& calls) {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
  for (const std::string& call : calls) {
    const int number = seccomp_syscall_resolve_name(call.c_str());
    if (number == __NR_SCMP_ERROR || number < 0) continue;  // of another machine
    if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0) != 0) Give(1, "cannot allow " + call);
  }
  Load(filter);
}

// What systemd refuses by a system call's arguments (its seccomp-util.c says the same of
// MemoryDenyWriteExecute=, RestrictNamespaces= and RestrictAddressFamilies=).
void RefuseByArguments(const std::string& unit) {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  constexpr uint64_t kBoth = PROT_WRITE | PROT_EXEC;
  constexpr uint64_t kNamespaces = CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
                                   CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP;
  int error = 0;
  const auto refuse = [&](int call, int code, scmp_arg_cmp argument) {
    error |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(code), call, 1, argument);
  };
  refuse(SCMP_SYS(mmap), EPERM, SCMP_A2_64(SCMP_CMP_MASKED_EQ, kBoth, kBoth));
  for (const int call : {SCMP_SYS(mprotect), SCMP_SYS(pkey_mprotect)}) {
    refuse(call, EPERM, SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
  }
  refuse(SCMP_SYS(shmat), EPERM, SCMP_A2_64(SCMP_CMP_MASKED_EQ, SHM_EXEC, SHM_EXEC));
  for (uint64_t flag = 1; flag != 0 && flag <= kNamespaces; flag <<= 1) {
    if ((kNamespaces & flag) == 0) continue;
    refuse(SCMP_SYS(clone), EPERM, SCMP_A0_64(SCMP_CMP_MASKED_EQ, flag, flag));
    refuse(SCMP_SYS(unshare), EPERM, SCMP_A0_64(SCMP_CMP_MASKED_EQ, flag, flag));
  }
  MustSay(unit, "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6");
  for (int family = 0; family < AF_MAX; ++family) {
    if (family == AF_UNIX || family == AF_INET || family == AF_INET6) continue;
    refuse(SCMP_SYS(socket), EAFNOSUPPORT, SCMP_A0_32(SCMP_CMP_EQ, static_cast<uint32_t>(family)));
  }
  if (error != 0) Give(1, "cannot refuse by arguments");
  Load(filter);
}

void MakeReadOnlyBut(const std::string& folder) {
  if (unshare(CLONE_NEWNS) != 0) Give(kCannot, "no mount namespace");
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount(folder.c_str(), folder.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    Give(kCannot, "cannot mount");
  }
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID;
  if (syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &attributes, sizeof attributes) != 0)
    Give(kCannot, "cannot make the file systems read-only");
  attributes.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  attributes.attr_clr = MOUNT_ATTR_RDONLY;
  if (syscall(SYS_mount_setattr, AT_FDCWD, folder.c_str(), 0, &attributes, sizeof attributes) != 0)
    Give(kCannot, "cannot leave the folder writable");
  if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
            "hidepid=invisible,subset=pid") != 0) {
    Give(kCannot, "cannot mount a /proc of processes alone");
  }
}

// Nobody in particular: the unit's own user is not there where the package is not installed.
void BecomeAnyUser() {
  constexpr uid_t kNobody = 65534;
  if (setgroups(0, nullptr) != 0 || setresgid(kNobody, kNobody, kNobody) != 0 ||
      setresuid(kNobody, kNobody, kNobody) != 0) {
    Give(kCannot, "cannot become another user");
  }
}

void DropCapabilities() {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) Give(kCannot, "cannot drop capabilities");
  }
}

int Main(int argc, char** argv) {
  constexpr int kProgram = 3;
  if (argc <= kProgram) Give(1, "usage: cage UNIT FOLDER PROGRAM [ARGUMENT...]");
  const std::string unit = argv[1];
  for (const char* assignment : {"ProtectSystem=strict", "ProtectProc=invisible", "ProcSubset=pid",
                                 "CapabilityBoundingSet=", "NoNewPrivileges=yes",
                                 "MemoryDenyWriteExecute=yes", "RestrictNamespaces=yes"}) {
    MustSay(unit, assignment);
  }
  const std::set<std::string> calls = AllowedCalls(unit);
  MakeReadOnlyBut(argv[2]);
  DropCapabilities();
  BecomeAnyUser();
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) Give(kCannot, "cannot refuse new privileges");
  RefuseByArguments(unit);
  AllowOnly(calls);
  execv(argv[kProgram], argv + kProgram);
  Give(errno == EACCES ? kCannot : 1, std::string("cannot run ") + argv[kProgram]);
}

}  // namespace
}  // namespace cibad

int main(int argc, char** argv) { return cibad::Main(argc, argv); }
