"""The measurements: each takes a scale (1: whole, less: quicker) and gives a value or a dict of them.

They compare within one run, turn about, and count CPU time where they can: other work on the machine then
disturbs both sides, and little."""

import json
import os
import statistics
import subprocess
import time

from world import PROGRAMS, ROOT, World, read_line, stolen_seconds, wait_for


def until_pending(world, logins):
    """All but the few that may have failed on a busy machine."""
    wait_for(lambda: world.metric("cibad_logins_unfinished") >= 0.99 * logins, f"{logins} logins", limit=120)


def polled(world, daemon, seconds):
    """How many polls and how much CPU time in so many seconds, once polling has found its pace."""
    polls, cpu, begin = world.metric("cibad_provider_requests_total"), daemon.cpu_seconds(), time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - begin
    polls = world.metric("cibad_provider_requests_total") - polls
    cpu = daemon.cpu_seconds() - cpu
    return {"polls_per_second": polls / took, "polls_per_cpu_second": polls / cpu, "cpu_share": cpu / took}


def run_bare(program, *arguments, cores="0"):
    """What a program that does one thing and ends has measured."""
    return json.loads(subprocess.run(["taskset", "-c", cores, os.path.join(PROGRAMS, program), *map(str, arguments)],
                                     check=True, capture_output=True).stdout)


def bare_loop(world, seconds, rate=0, at_a_time=100, path="token", cores="0"):
    result = run_bare("bare_curl_loop", world.issuer + path, world.ca_file, at_a_time, seconds, rate, cores=cores)
    return {"polls_per_second": result["requests"] / result["seconds"],
            "polls_per_cpu_second": result["requests"] / result["cpu_seconds"],
            "failed_per_million": result["failed"] / result["requests"] * 1e6,
            "p50_ms": result["p50_ms"], "p99_ms": result["p99_ms"]}


def start_bare_server(world, cores=None):
    """A gRPC server that does nothing (bare_grpc_server.cc), and its address."""
    address = f"unix:{world.path('bare.sock')}"
    server = world.start([os.path.join(PROGRAMS, "bare_grpc_server"), address], cores=cores, stdout=subprocess.PIPE)
    server.popen.stdout.readline()
    return server, address


def openid_client(world, seconds, logins):
    folder = os.path.join(ROOT, "build", "default", "tests", "bench", "openid_client")
    install = os.path.join(ROOT, "tests", "bench", "openid_client", "install")
    subprocess.run([install, folder], check=True, stdout=subprocess.DEVNULL)
    output = subprocess.run(
        ["taskset", "-c", "0", "node", os.path.join(folder, "poll.mjs"), world.issuer, str(logins), "8",
         str(seconds)], check=True, capture_output=True, text=True,
        env={**os.environ, "NODE_EXTRA_CA_CERTS": world.ca_file}).stdout
    result = json.loads(output)
    return {"polls_per_second": result["requests"] / result["seconds"],
            "polls_per_cpu_second": result["requests"] / result["cpu_seconds"]}


def mean_of(turns):
    """Of each number."""
    return {name: statistics.mean(turn[name] for turn in turns) for name in turns[0]}


def polling(scale):
    """Target 1. The daemon at an interval of one second, beside the bare loop, on the same nginx: in short turns,
    since a machine that is shared may be half as fast a few seconds later. Then openid-client, which takes
    seconds to find its pace, between turns of the daemon that are as long. More polls are due than the daemon
    can do, as the bare loop always has more to do: one that catches up has small rounds, in which a poll costs more."""
    rounds, logins, seconds = 10, int(40_000 * scale), max(2, 6 * scale)
    turns = {"daemon": [], "bare": []}
    with World(interval=1) as world:
        world.start_nginx()
        daemon = world.start_daemon(workers=1)
        load = world.start_load(logins)
        read_line(load)
        load.stop()
        until_pending(world, logins)

        def daemons_turn(turn_seconds):
            """Once half of what became due meanwhile is done."""
            daemon.resume()
            polls = world.metric("cibad_provider_requests_total")
            wait_for(lambda: world.metric("cibad_provider_requests_total") >= polls + logins / 2, "polls")
            turn = polled(world, daemon, turn_seconds)
            daemon.pause()
            return turn

        for _ in range(rounds):
            turns["daemon"].append(daemons_turn(1))
            turns["bare"].append(bare_loop(world, 1))
        nodes, long_turns = [], [daemons_turn(seconds)]
        for _ in range(3):
            nodes.append(openid_client(world, seconds, 600))  # what it keeps up with: 600 polls a second
            long_turns.append(daemons_turn(seconds))
    node = mean_of(nodes)
    result = {name: mean_of(each) for name, each in turns.items()}
    daemons, beside_node = (one["polls_per_cpu_second"] for one in (result["daemon"], mean_of(long_turns)))
    return {
        "logins": logins,
        **result,
        "openid_client": node,
        "daemon_beside_openid_client": mean_of(long_turns),
        "ratio_to_bare": daemons / result["bare"]["polls_per_cpu_second"],
        "ratio_to_openid_client": beside_node / node["polls_per_cpu_second"],
    }


LOOKS = 7  # at 100,000 logins, ten seconds each
# Starts a second, up to so many logins: what the core can do beside the polls of those that there are.
START_RATES = {60_000: 1000, 100_000: 500}


def look_at_polls(world, daemon):
    """Ten seconds of polls: when they came, by the provider's clock, what they cost, and how much of a core, the
    daemon's or the provider's, the machine's host gave to others meanwhile."""
    world.ask_provider("report")
    stolen, begin = stolen_seconds(), time.monotonic()
    seen = polled(world, daemon, 10)
    took = time.monotonic() - begin
    stolen = max(after - before for before, after in zip(stolen, stolen_seconds()))
    lateness = json.loads(world.ask_provider("report"))
    return {"rss_bytes": daemon.rss_bytes(), "cpu_share": seen["cpu_share"], "stolen_share": stolen / took,
            "polls_per_second": seen["polls_per_second"], "lateness": lateness}


def p99_late(look):
    return look["lateness"]["p99_ms"]


def bare_schedule(point, interval):
    """What would be late on this core, just now, where each poll were only as much arithmetic as it costs the daemon."""
    cost = point["cpu_share"] / point["polls_per_second"] * 1e6
    result = run_bare("bare_schedule", point["logins"], interval, f"{cost:.2f}", LOOKS)
    p99s = [one["p99_ms"] for one in result["looks"]]
    return {**result, "cost_us": cost, "p99_late_ms": statistics.median(p99s), "least_p99_late_ms": min(p99s),
            "most_p99_late_ms": max(p99s)}


def scaling(scale):
    """Target 2. Memory, CPU and due times at 1,000 to 100,000 pending logins, five seconds apart, on one core. They
    start no faster than the core can do beside the polls, as what is late once comes together, and again at each
    interval. 100,000 are looked at several times, since a machine that is shared takes a core away now and then; and
    then as much arithmetic is looked at as often, with the daemon gone."""
    points = []
    counts = [int(count * scale) for count in (1000, 3000, 10_000, 30_000, 60_000, 100_000)]
    interval = 5
    with World() as world:
        world.start_provider(interval=interval)
        daemon = world.start_daemon(workers=1)
        base = daemon.rss_bytes()
        begun = 0
        for count in counts:
            rate = next(rate for most, rate in START_RATES.items() if count <= most)
            load = world.start_load(count - begun, rate=rate, at_a_time=1000, first_phone=90_000_000 + begun)
            read_line(load)
            load.stop()
            begun = count
            until_pending(world, count)
            time.sleep(6)
            looks = [look_at_polls(world, daemon) for _ in range(LOOKS if count == counts[-1] else 1)]
            points.append({"logins": count, **sorted(looks, key=p99_late)[len(looks) // 2]})
    first, last = points[0], points[-1]
    bare = bare_schedule(last, interval)
    slope = (last["rss_bytes"] - first["rss_bytes"]) / (last["logins"] - first["logins"])
    return {"base_rss_bytes": base, "points": points, "looks": looks, "bytes_per_login": slope,
            "early": sum(point["lateness"]["early"] for point in points[:-1] + looks), "cpu_share": last["cpu_share"],
            "p99_late_ms": p99_late(last), "least_p99_late_ms": min(map(p99_late, looks)),
            "most_p99_late_ms": max(map(p99_late, looks)), "bare_schedule": bare,
            "p99_late_of_bare_schedules": p99_late(last) / bare["p99_late_ms"],
            "stolen_share": statistics.median(look["stolen_share"] for look in looks)}


def streams(scale):
    """Target 5. All logins with an open stream complete at once. On two cores that takes as long as all the work for
    it, the provider's and the tills' included."""
    count = int(20_000 * scale)
    with World() as world:
        provider = world.start_provider(interval=1)
        daemon = world.start_daemon(workers=2, cores=None)
        load = world.start_load(count, watch=True, channels=8)
        read_line(load), read_line(load)
        time.sleep(3)
        shares = {"daemon": daemon, "provider": provider, "tills": load}
        before = {name: one.cpu_seconds() for name, one in shares.items()}
        world.ask_provider(f"decide?{count}")
        end = read_line(load)
        cpu = {name: (one.cpu_seconds() - before[name]) / count for name, one in shares.items()}
        peak = daemon.rss_bytes()
        alive = daemon.is_running() and world.metric("cibad_provider_known") == 1
    return {"streams": count, "completed_in_seconds": end["first_to_last_seconds"],
            "cpu_seconds_of_an_end": cpu, "lost": end["lost"], "alive": alive, "rss_bytes_after": peak}


def watching(scale):
    """Target 2. Memory of a login with an open stream, polled every 5 s, beside a bare gRPC stream."""
    counts = [int(1000 * scale), int(20_000 * scale)]

    def growth(world, process, address=None):
        """Bytes of RSS for each login more."""
        rss, begun = [], 0
        for count in counts:
            load = world.start_load(count - begun, watch=True, channels=8, first_phone=90_000_000 + begun,
                                    address=address)
            begun = count
            read_line(load), read_line(load)
            time.sleep(6)
            rss.append(process.rss_bytes())
        return (rss[1] - rss[0]) / (counts[1] - counts[0])
    with World() as world:
        world.start_provider(interval=5, cores=None)
        watched = growth(world, world.start_daemon(workers=2, cores=None))
    with World() as world:
        bare_stream = growth(world, *start_bare_server(world))
    return {"streams": counts[1], "bytes_per_watched_login": watched, "bytes_per_bare_stream": bare_stream}


def cpu_of_starts(world, server, logins, first_phone, address=None):
    """CPU seconds of the server's for each login that is started and watched, and what the tills saw."""
    before = server.cpu_seconds()
    load = world.start_load(logins, watch=True, first_phone=first_phone, address=address)
    started, pending = read_line(load), read_line(load)
    cpu = (server.cpu_seconds() - before) / logins
    load.stop()
    return cpu, started, pending


def cpu_of_a_row(world, rows):
    """CPU seconds of one row, in a group commit of 16, on the daemon's disk."""
    database = world.path(f"bare-{time.monotonic_ns()}.db")
    row = run_bare("bare_group_commit", database, rows, 16)
    return row["cpu_seconds"] / row["rows"]


def starting(scale):
    """Target 3. CPU of a start until its watcher hears PENDING, beside the sum of its parts, each by itself: one call
    and one stream message, one curl exchange and one row. Turn about, since a machine that is shared may be half as
    fast a few seconds later. And how long StartLogin takes at half of the highest rate. An interval of 60 s keeps
    polls out of it."""
    rounds, logins = 6, int(2000 * scale)
    spent = {"start": 0, "grpc": 0, "exchange": 0, "row": 0}
    seconds, slowest = 0, 0
    with World(interval=60) as world:
        world.start_nginx()
        daemon = world.start_daemon(workers=1)
        bare, bare_address = start_bare_server(world, cores="0")
        for number in range(rounds):
            first_phone = 90_000_000 + number * logins
            cpu, started, pending = cpu_of_starts(world, daemon, logins, first_phone)
            spent["start"] += cpu / rounds
            seconds += pending["seconds"]
            slowest = max(slowest, started["p99_ms"])
            spent["grpc"] += cpu_of_starts(world, bare, logins, first_phone, bare_address)[0] / rounds
            spent["exchange"] += 1 / bare_loop(world, 1)["polls_per_cpu_second"] / rounds
            spent["row"] += cpu_of_a_row(world, logins) / rounds
            wait_for(lambda: world.metric("cibad_watch_streams") == 0, "end of the streams")
        highest = rounds * logins / seconds
        half = world.start_load(2 * logins, at_a_time=1000, rate=highest / 2, watch=True, first_phone=98_000_000)
        answers = read_line(half)
        read_line(half)
        half.stop()
    start = spent.pop("start")
    return {"cpu_seconds": start, "parts": spent, "ratio_to_parts": start / sum(spent.values()),
            "starts_per_second": highest, "p99_ms_at_highest": slowest, "p50_ms_at_half": answers["p50_ms"],
            "p99_ms_at_half": answers["p99_ms"]}


COMMITS_OF_AN_END = 2  # CONFIRMED with the tokens, and COMPLETED


def latency(scale):
    """Target 4. From the moment that the tokens could be fetched, to the till, at 10,000 pending logins that began
    evenly, while one customer after the other says yes. Then, while the polls go on, what of that is not the
    daemon's own: an exchange with the same provider, a commit on the same disk, an empty gRPC call, each bare."""
    logins, seconds = int(10_000 * scale), max(4, 20 * scale)
    decided = int(75 * seconds)
    with World() as world:
        world.start_provider(interval=5)
        world.start_daemon(workers=2, cores=None)
        times = world.path("times")
        # The first to be asked are the first to say yes. Each part over an interval, so that polls come evenly.
        watched = world.start_load(decided, watch=True, times=times, rate=decided / 5)
        read_line(watched), read_line(watched)
        rest = world.start_load(logins - decided, first_phone=92_000_000, rate=(logins - decided) / 5)
        read_line(rest)
        until_pending(world, logins)
        time.sleep(6)
        world.ask_provider("report")
        world.ask_provider(f"decide?{decided}&over={int(1000 * seconds)}")
        read_line(watched)
        polls = json.loads(world.ask_provider("report"))
        seen = dict(line.split() for line in open(times))
        ends = []
        for line in world.ask_provider("decided").splitlines():
            phone, *stages = line.split()
            if phone in seen:
                ends.append([*map(int, stages), int(seen[phone])])
        parts = bare_parts_of_an_end(world, decided / seconds)
    whole = sorted((end[-1] - end[0]) / 1000 for end in ends)
    stages = {name: at(sorted((end[i + 1] - end[i]) / 1000 for end in ends), 0.5)
              for i, name in enumerate(("until_the_poll_ms", "until_userinfo_ms", "until_the_till_ms"))}
    others = (2 * parts["exchange"]["p50_ms"] + COMMITS_OF_AN_END * parts["commit"]["p50_ms"]
              + parts["call"]["p50_ms"] / 2)
    return {"pending": logins, "decided": len(ends), "p50_ms": at(whole, 0.5), "p99_ms": at(whole, 0.99),
            "median_stages": stages, "bare_parts": parts, "others_ms": others,
            "own_p50_ms": at(whole, 0.5) - others, "own_p99_ms": at(whole, 0.99) - others,
            "polls": polls}


def at(values, part):
    """Of sorted values."""
    return values[int(part * (len(values) - 1))]


def bare_parts_of_an_end(world, rate):
    """Times of what every login's end needs, made by programs that do nothing else, so many a second."""
    rate = max(rate, 20)
    exchange = bare_loop(world, 4, rate=rate, path="userinfo", cores="0,1")
    commit = run_bare("bare_group_commit", world.path("bare.db"), int(4 * rate), 1, rate, cores="0,1")
    _, address = start_bare_server(world)
    call = read_line(world.start_load(int(4 * rate), rate=rate, address=address))
    return {name: {"p50_ms": one["p50_ms"], "p99_ms": one["p99_ms"]}
            for name, one in (("exchange", exchange), ("commit", commit), ("call", call))}


def idle(scale):
    """Target 6. A daemon that nobody calls."""
    with World() as world:
        world.start_nginx()
        daemon = world.start_daemon(workers=0, cores=None)
        time.sleep(1)
        cpu, switches = daemon.cpu_seconds(), switches_of(daemon)
        seconds = max(3, 20 * scale)
        time.sleep(seconds)
        return {"cpu_share": (daemon.cpu_seconds() - cpu) / seconds, "rss_bytes": daemon.rss_bytes(),
                "rss_own_bytes": daemon.rss_bytes(own=True),
                "wake_ups_per_second": (switches_of(daemon) - switches) / seconds}


def switches_of(process):
    """How often its threads went to sleep."""
    count = 0
    for thread in os.listdir(f"/proc/{process.pid}/task"):
        with open(f"/proc/{process.pid}/task/{thread}/status") as file:
            count += sum(int(line.split()[1]) for line in file if line.startswith("voluntary_ctxt"))
    return count


def start_up(scale):
    """Target 7. From exec to "Listening" and to the provider known, with an empty store and with 100,000 logins."""
    logins = int(100_000 * scale)

    def launch(world):
        begin = time.monotonic()
        daemon = world.start_daemon(workers=0, cores=None)
        return daemon, time.monotonic() - begin
    with World(interval=60) as world:
        world.start_nginx()
        daemon, empty = launch(world)
        load = world.start_load(logins, at_a_time=1000)
        read_line(load)
        load.stop()
        until_pending(world, logins)
        time.sleep(1)
        daemon.stop()
        daemon, full = launch(world)
        time.sleep(2)
        rss = daemon.rss_bytes()
        count = world.metric("cibad_logins_unfinished")
    return {"empty_seconds": empty, "logins": count, "full_seconds": full, "rss_bytes_full": rss}


ALL = {"polling": polling, "scaling": scaling, "streams": streams, "watching": watching, "starting": starting,
       "latency": latency, "idle": idle, "start_up": start_up}
