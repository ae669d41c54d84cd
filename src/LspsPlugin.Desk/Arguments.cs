using System.Globalization;

namespace LspsPlugin.Desk;

/// <summary>A command by hand.</summary>
internal enum Command
{
    Top,
    Report,
}

/// <summary>The arguments of a command by hand. Where the node is, is said as with lightning-cli.</summary>
/// <param name="Command">What to do.</param>
/// <param name="Socket">The path of the node's socket.</param>
internal sealed record Arguments(Command Command, string Socket)
{
    private const int LongestInterval = 3600;
    private const int MostDays = 3660;

    /// <summary>The time between two looks at the node.</summary>
    public TimeSpan Interval { get; private init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether to print once, also on a terminal.</summary>
    public bool Once { get; private init; }

    /// <summary>How many days the report is about; today is the last.</summary>
    public int Days { get; private init; } = 30;

    /// <summary>Reads them; null with what is wrong.</summary>
    /// <param name="args">The arguments of the process, the command first.</param>
    /// <param name="variable">Returns a variable of the environment.</param>
    public static (Arguments? Read, string? Problem) Read(IReadOnlyList<string> args, Func<string, string?> variable)
    {
        Command command = args[0] == "top" ? Command.Top : Command.Report;
        var read = new Arguments(command, "");
        string directory = Path.Combine(variable("HOME") ?? "/", ".lightning"), network = "bitcoin", file = "lightning-rpc";
        for (int at = 1; at < args.Count; at++)
        {
            string[] halves = args[at].Split('=', 2);
            string name = halves[0];
            switch (name)
            {
                case "--once" when command == Command.Top && halves.Length == 1:
                    read = read with { Once = true };
                    continue;
                case "--mainnet" or "--testnet" or "--testnet4" or "--signet" or "--regtest" when halves.Length == 1:
                    network = name == "--mainnet" ? "bitcoin" : name[2..];
                    continue;
                case "--interval" when command == Command.Top:
                case "--days" when command == Command.Report:
                case "--lightning-dir" or "--network" or "--rpc-file":
                    break;
                default:
                    return (null, $"{args[0]} has no argument '{args[at]}'");
            }

            if (halves.Length == 1 && at + 1 == args.Count) return (null, $"{name} needs a value");
            string value = halves.Length == 2 ? halves[1] : args[++at];
            if (value.Length == 0) return (null, $"{name} needs a value");
            switch (name)
            {
                case "--lightning-dir": directory = value; break;
                case "--network": network = value; break;
                case "--rpc-file": file = value; break;
                case "--interval":
                    if (!double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) || seconds is not (>= 0.5 and <= LongestInterval))
                    {
                        return (null, $"--interval is '{value}', and must be a number of seconds from 0.5 to {LongestInterval}");
                    }

                    read = read with { Interval = TimeSpan.FromSeconds(seconds) };
                    break;
                default:
                    if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int days) || days is not (>= 1 and <= MostDays))
                    {
                        return (null, $"--days is '{value}', and must be a whole number from 1 to {MostDays}");
                    }

                    read = read with { Days = days };
                    break;
            }
        }

        return (read with { Socket = Path.Combine(directory, network, file) }, null);
    }
}
