"""Draws the plots of docs/performance.md from the runs' data, as SVG by hand: see scripts/plot-bench."""

import json
import os

from world import ROOT

FOLDER = os.path.join(ROOT, "docs", "performance")
WIDTH, HEIGHT, MARGIN = 560, 320, 60
COLOURS = ("#1f5fa8", "#b5451b")


def load(name):
    with open(os.path.join(FOLDER, f"{name}.json")) as file:
        return json.load(file)


def text(x, y, words, anchor="middle", colour="#333"):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" fill="{colour}">{words}</text>'


def save(name, parts):
    with open(os.path.join(FOLDER, f"{name}.svg"), "w") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
                   f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">\n'
                   f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n")


def curve(name, title, x_name, y_name, runs, limit=None):
    """A line for each run, from zero on both axes; `limit` is drawn across."""
    most_x = max(x for run in runs for x, _ in run)
    most_y = max([y for run in runs for _, y in run] + [limit or 0]) * 1.1

    def at(x, y):
        return (MARGIN + x / most_x * (WIDTH - 2 * MARGIN), HEIGHT - MARGIN - y / most_y * (HEIGHT - 2 * MARGIN))
    parts = [text(WIDTH / 2, 24, title), text(WIDTH / 2, HEIGHT - 12, x_name), text(8, 44, y_name, "start")]
    for part in range(5):
        x, y = most_x * part / 4, most_y * part / 4
        parts += [text(at(x, 0)[0], HEIGHT - MARGIN + 18, f"{x:,.0f}"),
                  text(MARGIN - 8, at(0, y)[1] + 4, f"{y:,.3g}" if most_y < 1000 else f"{y:,.0f}", "end"),
                  f'<path d="M{MARGIN} {at(0, y)[1]:.1f}H{WIDTH - MARGIN}" stroke="#ddd"/>']
    if limit is not None:
        parts.append(f'<path d="M{MARGIN} {at(0, limit)[1]:.1f}H{WIDTH - MARGIN}" stroke="{COLOURS[1]}" '
                     'stroke-dasharray="5 4"/>')
    for run in runs:
        points = [at(x, y) for x, y in run]
        parts.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="none" '
                     f'stroke="{COLOURS[0]}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLOURS[0]}"/>' for x, y in points]
    save(name, parts)


def bars(name, title, values):
    """A bar for each (label, summary), from the least run to the most a line."""
    most = max(value["max"] for _, value in values) * 1.1
    step = (HEIGHT - 2 * MARGIN) / len(values)
    left = 170
    parts = [text(WIDTH / 2, 24, title)]
    for index, (label, value) in enumerate(values):
        y = MARGIN + index * step
        wide = {key: value[key] / most * (WIDTH - left - MARGIN) for key in value}
        parts += [text(left - 8, y + step / 2, label, "end"),
                  f'<rect x="{left}" y="{y:.1f}" width="{wide["median"]:.1f}" height="{step * 0.6:.1f}" '
                  f'fill="{COLOURS[0]}"/>',
                  f'<path d="M{left + wide["min"]:.1f} {y + step * 0.3:.1f}H{left + wide["max"]:.1f}" '
                  f'stroke="{COLOURS[1]}" stroke-width="3"/>',
                  text(left + wide["max"] + 6, y + step / 2, f"{value['median']:,.0f}", "start")]
    save(name, parts)


def main():
    polling = load("polling")["summary"]
    bars("polling", "polls in a second of CPU time (median; line: least to most)",
         [("bare libcurl loop", polling["bare.polls_per_cpu_second"]),
          ("cibad", polling["daemon.polls_per_cpu_second"]),
          ("openid-client", polling["openid_client.polls_per_cpu_second"])])
    runs = [run["points"] for run in load("scaling")["runs"]]

    def of(value):
        return [[(point["logins"], value(point)) for point in run] for run in runs]
    curve("memory", "memory by pending logins", "pending logins", "MiB (RSS)", of(lambda p: p["rss_bytes"] / 2**20))
    curve("cpu", "CPU by pending logins, polled every 5 s", "pending logins", "share of a core",
          of(lambda p: p["cpu_share"]), limit=1)
    curve("lateness", "how late polls are, 99th percentile", "pending logins", "ms after the due time",
          of(lambda p: p["lateness"]["p99_ms"]), limit=100)


if __name__ == "__main__":
    main()
