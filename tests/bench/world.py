"""The surroundings of a measurement: certificates, what the provider publishes, nginx, the daemon and its config,
and what the kernel says of a process. Everything lives in one temporary folder and ends with it."""

import base64
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build", "default")
PROGRAMS = os.path.join(BUILD, "tests", "bench")
DAEMON = os.path.join(BUILD, "server", "cibad")
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 60  # seconds that anything may take to come up


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(condition, what, limit=PATIENCE):
    """What `condition` gives, once it is true."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        try:
            if result := condition():
                return result
        except OSError:
            pass
        time.sleep(0.02)
    raise RuntimeError(f"no {what} within {limit} s")


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def stolen_seconds():
    """Of each core, how long since its start it had something to do and was not let run by the machine's host."""
    with open("/proc/stat") as file:
        cores = [line.split() for line in file if line.startswith("cpu") and line[3].isdigit()]
    return [int(core[8]) / TICKS for core in cores]


class Process:
    """A program that ends with the measurement. `cores` as taskset takes them; None: all."""

    def __init__(self, arguments, cores=None, log=None, **options):
        if cores is not None:
            arguments = ["taskset", "-c", cores, *arguments]
        self.log = log
        stderr = open(log, "w") if log else None  # noqa: SIM115: the child's
        self.popen = subprocess.Popen(arguments, text=True, stderr=stderr, **options)
        self.pid = self.popen.pid

    def cpu_seconds(self):
        """In user and kernel mode, of all its threads, those that have ended too; in steps of 10 ms."""
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss_bytes(self, own=False):
        """`own`: without the pages of programs and libraries, which others share."""
        with open(f"/proc/{self.pid}/statm") as file:
            _, resident, shared, *_ = map(int, file.read().split())
        return (resident - shared * own) * os.sysconf("SC_PAGE_SIZE")

    def log_has(self, text):
        with open(self.log) as file:
            return text in file.read()

    def is_running(self):
        return self.popen.poll() is None

    def pause(self):
        self.popen.send_signal(signal.SIGSTOP)

    def resume(self):
        self.popen.send_signal(signal.SIGCONT)

    def stop(self, number=signal.SIGTERM):
        if self.popen.stdin:
            self.popen.stdin.close()
        if self.is_running():
            self.popen.send_signal(number)
            self.resume()
        try:
            self.popen.wait(30)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class World:
    """`interval`: seconds, of nginx's acknowledgement."""

    def __init__(self, interval=1):
        self.folder = tempfile.mkdtemp(prefix="cibad-bench-")
        os.chmod(self.folder, 0o755)
        self.interval = interval
        self.port = free_port()
        self.status_port = free_port()
        self.metrics_port = free_port()
        self.reading_port = free_port()
        self.issuer = f"https://localhost:{self.port}/"
        self.ca_file = self.path("ca.pem")
        self.processes = []
        self._make_certificates()
        self.publish()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w") as file:
            file.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def start(self, arguments, **options):
        self.processes.append(Process(arguments, **options))
        return self.processes[-1]

    def _openssl(self, *arguments, data=None):
        return subprocess.run(["openssl", *arguments], input=data, check=True, cwd=self.folder,
                              capture_output=True).stdout

    def _make_certificates(self):
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                      "-subj", "/CN=bench CA", "-keyout", "ca_key.pem", "-out", "ca.pem")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                      "/CN=localhost", "-keyout", "server_key.pem", "-out", "server.csr")
        self.write("names", "subjectAltName=DNS:localhost\n")
        self._openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca_key.pem",
                      "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "server.pem")
        self._openssl("genrsa", "-out", "sign.pem", "2048")

    def publish(self):
        """What the provider serves. One ID token is everybody's: it names no login."""
        modulus = bytes.fromhex(
            self._openssl("rsa", "-in", "sign.pem", "-noout", "-modulus").decode().strip().split("=")[1])
        key = {"kty": "RSA", "kid": "bench", "use": "sig", "alg": "RS256", "n": base64url(modulus), "e": "AQAB"}
        self.write("jwks.json", json.dumps({"keys": [key]}))
        self.write("discovery.json", json.dumps({
            "issuer": self.issuer,
            "authorization_endpoint": self.issuer + "authorize",
            "token_endpoint": self.issuer + "token",
            "userinfo_endpoint": self.issuer + "userinfo",
            "jwks_uri": self.issuer + "jwks",
            "backchannel_authentication_endpoint": self.issuer + "backchannel",
        }))
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": "bench", "sub": "c06c4afe-d9e1-4c5d-939a-177d752a0944", "iat": now,
                  "exp": now + 3600}
        signed = ".".join(base64url(json.dumps(part).encode())
                          for part in ({"alg": "RS256", "kid": "bench", "typ": "JWT"}, claims))
        signature = self._openssl("dgst", "-sha256", "-sign", "sign.pem", data=signed.encode())
        self.write("tokens.json", json.dumps({
            "access_token": "bench-" + hashlib.sha256(b"token").hexdigest(), "token_type": "Bearer",
            "expires_in": 300, "id_token": signed + "." + base64url(signature)}))
        self.write("userinfo.json", json.dumps({
            "sub": claims["sub"], "name": "Ada Lovelace", "given_name": "Ada", "family_name": "Lovelace",
            "phone_number": "4790000000", "phone_number_verified": True, "email": "ada@example.com"}))

    def start_nginx(self, cores="1"):
        """nginx as a provider at whose end nobody has decided yet, until all_agree()."""
        acknowledgement = json.dumps(
            {"auth_req_id": "d6ff2d7cd0d4ba19cf01c79e7a8cb8d5", "expires_in": 3600, "interval": self.interval})
        with open(self.path("tokens.json")) as file:
            tokens = file.read()
        with open(self.path("userinfo.json")) as file:
            userinfo = file.read()
        config = self.write("nginx.conf", f"""
daemon off; worker_processes 1; pid {self.path('nginx.pid')}; error_log {self.path("nginx.log")} info;
worker_rlimit_nofile 8192;
events {{ worker_connections 8000; }}
http {{
  access_log off; default_type application/json; keepalive_requests 1000000000; keepalive_timeout 1h;
  client_body_temp_path {self.path('t1')}; proxy_temp_path {self.path('t2')}; fastcgi_temp_path {self.path('t3')};
  uwsgi_temp_path {self.path('t4')}; scgi_temp_path {self.path('t5')};
  server {{
    listen 127.0.0.1:{self.port} ssl http2; server_name localhost;
    ssl_certificate {self.path('server.pem')}; ssl_certificate_key {self.path('server_key.pem')};
    location = /.well-known/openid-configuration {{ alias {self.path('discovery.json')}; }}
    location = /jwks {{ alias {self.path('jwks.json')}; }}
    location = /backchannel {{ proxy_pass http://reading; }}
    location = /userinfo {{ return 200 '{userinfo}'; }}
    location = /token {{
      if (-f {self.path('all_agree')}) {{ rewrite ^ /agreed last; }}
      return 400 '{{"error":"authorization_pending"}}';
    }}
    location = /agreed {{ internal; proxy_pass http://reading; }}
  }}
  # `return` answers before it has read the body, and libcurl 7.88 loses some of such answers: a poll asks again,
  # but a start or a customer's yes would be lost. What is passed on is read first.
  # Its connections are kept, and may come many at a time: one that finds the queue full tries again after a second.
  upstream reading {{
    server 127.0.0.1:{self.reading_port}; keepalive 1024; keepalive_requests 1000000000; keepalive_timeout 1h;
  }}
  proxy_http_version 1.1; proxy_set_header Connection "";
  server {{
    listen 127.0.0.1:{self.reading_port} backlog=4096;
    location = /backchannel {{ return 200 '{acknowledgement}'; }}
    location = /agreed {{ return 200 '{tokens}'; }}
  }}
  server {{ listen 127.0.0.1:{self.status_port}; location = /status {{ stub_status; }} }}
}}""")
        nginx = self.start(["nginx", "-p", self.folder, "-c", config], cores=cores, log=self.path("nginx.err"))
        wait_for(self.nginx_requests, "nginx")
        return nginx

    def nginx_requests(self):
        """How many requests nginx has had, this one among them."""
        numbers = re.search(r"\n (\d+) (\d+) (\d+)", get(f"http://127.0.0.1:{self.status_port}/status"))
        return int(numbers[3])

    def all_agree(self):
        """From now on every poll gets the tokens."""
        self.write("all_agree", "")

    def start_provider(self, interval, cores="1"):
        """The provider that knows when each poll was due (bench_provider.cc)."""
        provider = self.start([os.path.join(PROGRAMS, "bench_provider"), self.folder, str(self.port), str(interval)],
                              cores=cores)
        wait_for(lambda: socket.create_connection(("127.0.0.1", self.port)).close() is None, "provider")
        return provider

    def ask_provider(self, path):
        curl = ["taskset", "-c", "1", "curl", "-sS", "--http2", "--cacert", self.ca_file, self.issuer + path]
        return subprocess.run(curl, check=True, capture_output=True, text=True).stdout

    def write_config(self, workers):
        """The daemon's config: the only place that writes one here."""
        self.write("client_secret", "bench-secret\n", 0o600)
        return self.write("cibad.toml", f"""
[listen]
grpc = ["{self.address()}"]
metrics = "127.0.0.1:{self.metrics_port}"
[provider]
issuer = "{self.issuer}"
ca_file = "{self.ca_file}"
[[caller]]
name = "bench"
listeners = ["{self.address()}"]
rpcs = ["*"]
sales_units = ["*"]
scopes = ["*"]
starts_per_minute = 1000000
pending_logins = 1000000
[[sales_unit]]
msn = "123456"
client_id = "bench"
client_secret_file = "client_secret"
[store]
path = "logins.db"
key_file = "store.key"
[engine]
workers = {workers}
[limits]
pending_logins = 200000
watch_streams = 200000
starts_per_number = 1000000
[audit]
file = "audit.log"
""")

    def address(self):
        return f"unix:{self.path('cibad.sock')}"

    def start_daemon(self, workers=1, cores="0"):
        config = self.write_config(workers)
        daemon = self.start([DAEMON, "--config", config], cores=cores, log=self.path("cibad.log"))
        wait_for(lambda: self.metric("cibad_provider_known") == 1, "daemon")
        return daemon

    def metric(self, name):
        """The sum of a metric over its labels; `name` may be a regular expression."""
        text = get(f"http://127.0.0.1:{self.metrics_port}/metrics")
        values = re.findall(rf"^{name}(?:{{[^}}]*}})? ([0-9.e+-]+)$", text, re.MULTILINE)
        return sum(map(float, values))

    def start_load(self, logins, at_a_time=64, rate=0, watch=False, channels=4, first_phone=90_000_000, times="-",
                   address=None):
        """till_load.cc; its lines of JSON come with read_line."""
        return self.start([os.path.join(PROGRAMS, "till_load"), address or self.address(), str(logins),
                           str(at_a_time), str(rate), "watch" if watch else "start", str(channels),
                           str(first_phone), times],
                          cores="1", stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def read_line(process):
    line = process.popen.stdout.readline()
    if not line:
        raise RuntimeError("a load generator ended early; its message stands above")
    return json.loads(line)
