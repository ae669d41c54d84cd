using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LspsPlugin.Desk.Tests;

/// <summary>
/// One page of one browser without a window, led through the debugging pipe: a browser takes seconds to start, and a page a fraction of one. The browser is
/// Debian's chromium, or what CHROMIUM names.
/// </summary>
public sealed class BrowserPage : IAsyncLifetime
{
    /// <summary>The browser reads commands from its third and writes to its fourth descriptor; a process can be given only the first ones.</summary>
    private const string Start = "exec \"$0\" \"$@\" 3<&0 4>&1 0</dev/null 1>/dev/null";

    /// <summary>Far more than any answer takes; without it, a browser that hangs hangs the tests.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _asked = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _loads = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _remarks = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("lsps-browser-").FullName;
    private Process? _browser;
    private Task _reading = Task.CompletedTask;
    private Task<string> _complaints = Task.FromResult("");
    private string? _session;
    private int _last;

    /// <summary>Whether there is a browser; nothing else may be used if not.</summary>
    public bool Exists => _browser is not null;

    public async ValueTask InitializeAsync()
    {
        if (Program() is not { } program) return;
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder };
        foreach (string arg in (string[])
            [
                "-c", Start, program, "--remote-debugging-pipe", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--hide-scrollbars", $"--user-data-dir={_folder}",
            ])
        {
            start.ArgumentList.Add(arg);
        }

        _browser = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        _complaints = _browser.StandardError.ReadToEndAsync();
        _reading = ReadAsync(_browser.StandardOutput.BaseStream);
        string target = Text(await AskAsync("Target.createTarget", new() { ["url"] = "about:blank" }), "targetId");
        _session = Text(await AskAsync("Target.attachToTarget", new() { ["targetId"] = target, ["flatten"] = true }), "sessionId");
        foreach (string domain in (string[])["Page", "Log", "Runtime"]) await AskAsync($"{domain}.enable");
        await AskAsync("Page.setLifecycleEventsEnabled", new() { ["enabled"] = true });
    }

    /// <summary>Opens a page and waits until it is loaded.</summary>
    /// <param name="address">Where the page is.</param>
    /// <param name="width">The width of the window, in pixels.</param>
    /// <param name="height">Its height.</param>
    /// <param name="isDark">Which colours the reader prefers.</param>
    /// <returns>What the browser remarked about it, such as errors and forbidden requests.</returns>
    public async Task<IReadOnlyList<string>> OpenAsync(Uri address, int width, int height, bool isDark)
    {
        await AskAsync("Emulation.setDeviceMetricsOverride", new() { ["width"] = width, ["height"] = height, ["deviceScaleFactor"] = 1, ["mobile"] = false });
        await AskAsync("Emulation.setEmulatedMedia", new() { ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = isDark ? "dark" : "light" }) });
        _remarks.Clear();
        string load = Text(await AskAsync("Page.navigate", new() { ["url"] = address.AbsoluteUri }), "loaderId");
        await Load(load).Task.WaitAsync(Patience);
        return [.. _remarks];
    }

    /// <summary>Returns what is seen, as PNG.</summary>
    public async Task<byte[]> PictureAsync() => (await AskAsync("Page.captureScreenshot")).GetProperty("data").GetBytesFromBase64();

    /// <summary>Returns the value of an expression; a page that allows no scripts does not hinder it.</summary>
    public async Task<JsonElement> EvaluateAsync(string expression)
    {
        JsonElement answer = await AskAsync("Runtime.evaluate", new() { ["expression"] = expression, ["returnByValue"] = true });
        return answer.TryGetProperty("exceptionDetails", out JsonElement thrown) ? throw new InvalidOperationException(thrown.GetRawText()) : answer.GetProperty("result").GetProperty("value");
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            // Its helpers end with it.
            _browser.StandardInput.Close();
            try
            {
                await _browser.WaitForExitAsync().WaitAsync(Patience);
            }
            catch (TimeoutException)
            {
                _browser.Kill(entireProcessTree: true);
            }

            await _reading;
            _browser.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static string? Program() => Environment.GetEnvironmentVariable("CHROMIUM") is { Length: > 0 } named ? named
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').SelectMany(static folder => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);

    private static string Text(JsonElement answer, string member) => answer.GetProperty(member).GetString()!;

    private async Task<JsonElement> AskAsync(string method, JsonObject? parameters = null)
    {
        int id = ++_last;
        TaskCompletionSource<JsonElement> answer = _asked.GetOrAdd(id, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        if (_session is not null) message["sessionId"] = _session;
        Stream pipe = _browser!.StandardInput.BaseStream;
        await pipe.WriteAsync(Encoding.UTF8.GetBytes(message.ToJsonString() + "\0"));
        await pipe.FlushAsync();
        return await answer.Task.WaitAsync(Patience);
    }

    /// <summary>Reads messages until the browser has ended; each ends with a zero.</summary>
    private async Task ReadAsync(Stream pipe)
    {
        var message = new MemoryStream();
        byte[] buffer = new byte[65_536];
        for (int count; (count = await pipe.ReadAsync(buffer)) > 0;)
        {
            for (int from = 0; from < count;)
            {
                int end = Array.IndexOf(buffer, (byte)0, from, count - from);
                message.Write(buffer, from, (end < 0 ? count : end) - from);
                if (end < 0) break;
                Take(ScriptedNode.Parse(Encoding.UTF8.GetString(message.GetBuffer(), 0, (int)message.Length)));
                message.SetLength(0);
                from = end + 1;
            }
        }

        var ended = new IOException($"the browser ended: {await _complaints}");
        foreach (TaskCompletionSource<JsonElement> one in _asked.Values) one.TrySetException(ended);
        foreach (TaskCompletionSource one in _loads.Values) one.TrySetException(ended);
    }

    private void Take(JsonElement message)
    {
        if (message.TryGetProperty("id", out JsonElement id))
        {
            if (!_asked.TryRemove(id.GetInt32(), out TaskCompletionSource<JsonElement>? answer)) return;
            if (message.TryGetProperty("error", out JsonElement error)) answer.SetException(new InvalidOperationException(error.GetRawText()));
            else answer.SetResult(message.GetProperty("result"));
            return;
        }

        switch (message.GetProperty("method").GetString())
        {
            case "Page.lifecycleEvent" when message.GetProperty("params").GetProperty("name").ValueEquals("load"):
                Load(Text(message.GetProperty("params"), "loaderId")).TrySetResult();
                break;
            case "Log.entryAdded" or "Runtime.consoleAPICalled" or "Runtime.exceptionThrown":
                _remarks.Enqueue(message.GetProperty("params").GetRawText());
                break;
        }
    }

    private TaskCompletionSource Load(string loader) => _loads.GetOrAdd(loader, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}
