using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Peers;

/// <summary>
/// Rate-limits log lines that peers can trigger: each cause and peer is logged at most once per minute, with the number of lines suppressed
/// since. Debug lines have their own limit and do not displace lines for the operator.
/// </summary>
internal sealed class PeerLog(HostLog log, TimeProvider time)
{
    /// <summary>Maximum number of tracked pairs of cause and peer per level, and so of lines per minute in total.</summary>
    public const int MostLines = 64;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Level _unusual = new(log.Unusual, time);
    private readonly Level _debug = new(log.Debug, time);

    /// <summary>Writes a line, or counts it if the same cause and peer had one within the last minute.</summary>
    /// <param name="cause">The kind of event; lines with the same cause and peer are counted together.</param>
    /// <param name="peer">The peer that caused it.</param>
    /// <param name="message">The line.</param>
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
