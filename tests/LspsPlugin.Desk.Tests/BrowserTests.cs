using System.Text.Json;

namespace LspsPlugin.Desk.Tests;

/// <summary>Looks at the report in a real browser, without network. Skipped where there is none.</summary>
public class BrowserTests(BrowserPage browser) : IClassFixture<BrowserPage>
{
    /// <summary>Measures the page with all its details.</summary>
    private const string Measure = """
        (() => {
          const found = [];
          for (const details of document.querySelectorAll('details')) details.open = true;
          const root = document.documentElement;
          if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth} wide, and the window ${root.clientWidth}`);
          const seen = e => e.getClientRects().length > 0;
          let plots = 0;
          for (const svg of document.querySelectorAll('svg')) {
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
          const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!c.startsWith('rgba(0, 0, 0, 0')) return c; } return 'rgb(255,255,255)'; };
          const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          let words = 0;
          for (let n; n = walk.nextNode();) {
            const e = n.parentElement;
            if (!n.textContent.trim() || !seen(e)) continue;
            words++;
            const style = getComputedStyle(e), a = light(e instanceof SVGElement ? style.fill : style.color), b = light(ground(e));
            const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (contrast < 4.5) found.push(`'${n.textContent}' has a contrast of ${contrast}`);
          }
          return { found, plots, words, width: innerWidth, ground: getComputedStyle(document.body).backgroundColor };
        })()
        """;

    public static TheoryData<string, int, bool> Looks
    {
        get
        {
            var looks = new TheoryData<string, int, bool>();
            foreach (int width in (int[])[390, 1280])
            {
                looks.Add("month", width, false);
                looks.Add("month", width, true);
            }

            // Colours do not depend on what is told.
            foreach (string page in (string[])["day", "year", "decade", "empty", "huge"])
            {
                looks.Add(page, 390, true);
                looks.Add(page, 1280, false);
            }

            return looks;
        }
    }

    [Theory]
    [MemberData(nameof(Looks))]
    public async Task The_report_is_readable_in_a_browser(string page, int width, bool isDark)
    {
        if (!browser.Exists) Assert.Skip("there is no browser: Debian's package chromium has one, and CHROMIUM may name another");
        string folder = Directory.CreateTempSubdirectory("lsps-report-").FullName;
        try
        {
            string place = Path.Combine(folder, "report.html");
            await File.WriteAllTextAsync(place, await ReportOf(page));
            Assert.Empty(await browser.OpenAsync(new Uri(place), width, width < 600 ? 3600 : 2000, isDark));

            // As an operator opens it; the picture is for whoever changes the page.
            byte[] picture = await browser.PictureAsync();
            Assert.True(picture.Length > 10_000, $"the picture has {picture.Length} bytes");
            if (Environment.GetEnvironmentVariable("LSPS_SCREENSHOTS") is { Length: > 0 } kept) await File.WriteAllBytesAsync(Path.Combine(kept, $"{page}-{width}-{(isDark ? "dark" : "light")}.png"), picture);
            JsonElement seen = await browser.EvaluateAsync(Measure);
            Assert.Empty(seen.GetProperty("found").EnumerateArray().Select(static one => one.GetString()));
            Assert.Equal(width, seen.GetProperty("width").GetInt32());
            Assert.Equal(page == "empty" ? 0 : 5, seen.GetProperty("plots").GetInt32());
            Assert.InRange(seen.GetProperty("words").GetInt32(), 40, int.MaxValue);
            Assert.Equal(isDark ? "rgb(16, 20, 24)" : "rgb(244, 245, 247)", seen.GetProperty("ground").GetString());
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
}
