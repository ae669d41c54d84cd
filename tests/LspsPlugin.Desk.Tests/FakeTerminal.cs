using System.Text;

namespace LspsPlugin.Desk.Tests;

/// <summary>A terminal that remembers what was written, and whose keys the test presses.</summary>
internal sealed class FakeTerminal : ITerminal
{
    private readonly List<string> _writes = [];
    private readonly StringBuilder _complaints = new();
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Dictionary<string, string> Variables { get; } = new() { ["TERM"] = "xterm", ["LANG"] = "C.UTF-8", ["HOME"] = "/home/op" };

    public bool IsLive { get; init; }

    public bool IsTerminal { get; init; }

    public int Width { get; set; } = 120;

    public int Height { get; set; } = 40;

    public Action<char?>? Happened { get; private set; }

    public string Written
    {
        get
        {
            lock (_writes) return string.Concat(_writes);
        }
    }

    public string Complaints => _complaints.ToString();

    public string? Variable(string name) => Variables.GetValueOrDefault(name);

    public void Write(string text)
    {
        lock (_writes)
        {
            _writes.Add(text);
            _next.TrySetResult();
            _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Complain(string text) => _complaints.Append(text).Append('\n');

    public IDisposable Watch(Action<char?> happened)
    {
        Happened = happened;
        return new Unwatch(this);
    }

    /// <summary>Waits for a write, counted from 0, and returns it.</summary>
    public async Task<string> WriteAsync(int number)
    {
        while (true)
        {
            Task next;
            lock (_writes)
            {
                if (_writes.Count > number) return _writes[number];
                next = _next.Task;
            }

            await next;
        }
    }

    private sealed class Unwatch(FakeTerminal terminal) : IDisposable
    {
        public void Dispose() => terminal.Happened = null;
    }
}
