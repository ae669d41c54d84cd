using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace LspsPlugin.Desk.Tests;

/// <summary>Looks at the report in a real browser, without network: Debian's chromium, or what CHROMIUM names. Skipped where there is none.</summary>
public partial class BrowserTests
{
    private const int Light = 1, Dark = 0;

    /// <summary>Measures the report, which stands in a frame of the width of the device, as it is: no script could run in it.</summary>
    private const string Measure = """
        <script>
        addEventListener('load', () => {
          const frame = document.querySelector('iframe'), doc = frame.contentDocument, win = frame.contentWindow, found = [];
          for (const details of doc.querySelectorAll('details')) details.open = true;
          const root = doc.documentElement;
          if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth} wide, and the window ${root.clientWidth}`);
          const seen = e => e.getClientRects().length > 0;
          let plots = 0;
          for (const svg of doc.querySelectorAll('svg')) {
            if (!seen(svg)) continue;
            plots++;
            const box = svg.getBoundingClientRect(), texts = [...svg.querySelectorAll('text')];
            for (const text of texts) {
              const a = text.getBoundingClientRect();
              if (a.left < box.left - 1 || a.right > box.right + 1 || a.top < box.top - 2 || a.bottom > box.bottom + 2) found.push(`'${text.textContent}' leaves its plot`);
              if (a.height < 9) found.push(`'${text.textContent}' is ${a.height} high`);
              for (const other of texts) {
                if (other === text) break;
                const b = other.getBoundingClientRect();
                if (a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom) found.push(`'${text.textContent}' covers '${other.textContent}'`);
              }
            }
          }
          const light = c => { const [r, g, b] = c.match(/[\d.]+/g).map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
          const ground = e => { for (; e; e = e.parentElement) { const c = win.getComputedStyle(e).backgroundColor; if (!c.startsWith('rgba(0, 0, 0, 0')) return c; } return 'rgb(255,255,255)'; };
          const walk = doc.createTreeWalker(doc.body, NodeFilter.SHOW_TEXT);
          let words = 0;
          for (let n; n = walk.nextNode();) {
            const e = n.parentElement;
            if (!n.textContent.trim() || !seen(e)) continue;
            words++;
            const style = win.getComputedStyle(e), a = light(e instanceof win.SVGElement ? style.fill : style.color), b = light(ground(e));
            const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (contrast < 4.5) found.push(`'${n.textContent}' has a contrast of ${contrast}`);
          }
          const out = document.createElement('pre');
          out.id = 'out';
          out.textContent = JSON.stringify({ found, plots, words, width: win.innerWidth, ground: win.getComputedStyle(doc.body).backgroundColor });
          document.body.append(out);
        });
        </script>
        """;

    public static TheoryData<string, int, int> Looks
    {
        get
        {
            var looks = new TheoryData<string, int, int>();
            foreach (int width in (int[])[390, 1280])
            {
                looks.Add("month", width, Light);
                looks.Add("month", width, Dark);
            }

            // Colours do not depend on what is told.
            foreach (string page in (string[])["day", "year", "decade", "empty", "huge"])
            {
                looks.Add(page, 390, Dark);
                looks.Add(page, 1280, Light);
            }

            return looks;
        }
    }

    [Theory]
    [MemberData(nameof(Looks))]
    public async Task The_report_is_readable_in_a_browser(string page, int width, int scheme)
    {
        string browser = Browser() ?? Skipped();
        string report = await ReportOf(page);
        string folder = Directory.CreateTempSubdirectory("lsps-report-").FullName;
        try
        {
            string place = Path.Combine(folder, "report.html"), measured = Path.Combine(folder, "measure.html");
            await File.WriteAllTextAsync(place, report);
            await File.WriteAllTextAsync(measured, $"<!DOCTYPE html><meta charset=\"utf-8\"><body><iframe style=\"border:0;width:{width}px;height:4000px\" srcdoc=\"{WebUtility.HtmlEncode(report)}\"></iframe>{Measure}");
            (string dom, string complaints) = await RunAsync(browser, folder, scheme, "--dump-dom", new Uri(measured).AbsoluteUri);
            Match result = Result().Match(dom);
            Assert.True(result.Success, $"the page was not measured: {complaints}");
            JsonElement seen = ScriptedNode.Parse(WebUtility.HtmlDecode(result.Groups["json"].Value));
            Assert.Empty(seen.GetProperty("found").EnumerateArray().Select(static one => one.GetString()));
            Assert.Equal(width, seen.GetProperty("width").GetInt32());
            Assert.Equal(page == "empty" ? 0 : 5, seen.GetProperty("plots").GetInt32());
            Assert.InRange(seen.GetProperty("words").GetInt32(), 40, int.MaxValue);
            Assert.Equal(scheme == Dark ? "rgb(16, 20, 24)" : "rgb(244, 245, 247)", seen.GetProperty("ground").GetString());

            // By itself, as an operator opens it; the picture is for whoever changes the page.
            string picture = Path.Combine(Environment.GetEnvironmentVariable("LSPS_SCREENSHOTS") is { Length: > 0 } kept ? kept : folder, $"{page}-{width}-{(scheme == Dark ? "dark" : "light")}.png");
            (_, complaints) = await RunAsync(browser, folder, scheme, $"--window-size={width},{(width < 600 ? 3600 : 2000)}", $"--screenshot={picture}", new Uri(place).AbsoluteUri);
            Assert.DoesNotContain("CONSOLE", complaints, StringComparison.Ordinal);
            Assert.True(new FileInfo(picture).Length > 10_000, complaints);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> ReportOf(string page) => page switch
    {
        "month" => await ReportTests.PageAsync(new Provider { Sales = 300, Days = Days(30) }, 30),
        "day" => await ReportTests.PageAsync(new Provider { Days = Days(1) }, 1),
        "year" => await ReportTests.PageAsync(new Provider { Sales = 3000, Days = Days(365) }, 365),
        "decade" => await ReportTests.PageAsync(new Provider { Sales = 3000, Days = Days(3660) }, 3660),
        "empty" => await ReportTests.PageAsync(new Provider { Sales = 0, Days = [], Findings = "[]", Sessions = "[]" }, 30),
        "huge" => await ReportTests.PageAsync(new Provider { Sales = 300, Alias = new string('W', 200), Days = Days(30, new string('W', 300), 2_100_000_000_000) }, 30),
        _ => throw new ArgumentException(page, nameof(page)),
    };

    /// <summary>Busy and quiet days; some with more cost than income.</summary>
    private static IReadOnlyList<string> Days(int count, string cause = "ChannelNotReady", decimal scale = 1) =>
        [.. Enumerable.Range(0, count).Select(day => Provider.Day(new DateOnly(2026, 11, 28).AddDays(1 - count + day).ToString("yyyy-MM-dd"), day * 7 % 5, day % 3 == 0 ? "PeerDisconnected" : cause, scale * (1 + (day % 4))))];

    private static async Task<(string Output, string Complaints)> RunAsync(string browser, string folder, int scheme, params string[] args)
    {
        var start = new ProcessStartInfo(browser) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        foreach (string arg in (string[])
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--hide-scrollbars", "--enable-logging=stderr", $"--user-data-dir={Path.Combine(folder, "user")}", $"--blink-settings=preferredColorScheme={scheme}", .. args,
            ])
        {
            start.ArgumentList.Add(arg);
        }

        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{browser} did not start");
        Task<string> output = process.StandardOutput.ReadToEndAsync(), complaints = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (await output, await complaints);
    }

    private static string? Browser() => Environment.GetEnvironmentVariable("CHROMIUM") is { Length: > 0 } named ? named
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').SelectMany(static folder => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);

    private static string Skipped()
    {
        Assert.Skip("there is no browser: Debian's package chromium has one, and CHROMIUM may name another");
        return "";
    }

    [GeneratedRegex("<pre id=\"out\">(?<json>.*?)</pre>", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Result();
}
