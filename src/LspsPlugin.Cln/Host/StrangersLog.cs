using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Host;

/// <summary>
/// Lines that a stranger can cause as often as it likes: each is told at most once a minute per cause and peer, with the number of those
/// that were left out since. What is told at debug takes no room from what an operator should see.
/// </summary>
internal sealed class StrangersLog(HostLog log, TimeProvider time)
{
    /// <summary>Causes and peers that are told apart at a level, and so the lines that all of them together can cause in a minute.</summary>
    public const int MostLines = 64;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Level _unusual = new(log.Unusual, time);
    private readonly Level _debug = new(log.Debug, time);

    /// <param name="cause">What happened, the same for all that count as one.</param>
    public void Unusual(string cause, NodeId peer, string message) => _unusual.Tell(cause, peer, message);

    /// <inheritdoc cref="Unusual"/>
    public void Debug(string cause, NodeId peer, string message) => _debug.Tell(cause, peer, message);

    private sealed class Level(Action<string> write, TimeProvider time)
    {
        private readonly Dictionary<(string Cause, NodeId Peer), Line> _lines = [];
        private long _untold;

        public void Tell(string cause, NodeId peer, string message)
        {
            long now = time.GetTimestamp();
            if (_lines.TryGetValue((cause, peer), out Line? line) && time.GetElapsedTime(line.At, now) < Minute)
            {
                line.LeftOut++;
                return;
            }

            if (line is null && _lines.Count >= MostLines) Forget(now);
            if (line is null && _lines.Count >= MostLines)
            {
                _untold++;
                return;
            }

            long leftOut = (line?.LeftOut ?? 0) + _untold;
            _untold = 0;
            _lines[(cause, peer)] = new Line(now);
            write(leftOut == 0 ? message : $"{message} ({leftOut} more since the last such line)");
        }

        private void Forget(long now)
        {
            foreach (((string, NodeId) key, Line line) in _lines)
            {
                if (time.GetElapsedTime(line.At, now) < Minute) continue;
                _untold += line.LeftOut;
                _lines.Remove(key);
            }
        }
    }

    private sealed class Line(long at)
    {
        public long At => at;

        public long LeftOut { get; set; }
    }
}
