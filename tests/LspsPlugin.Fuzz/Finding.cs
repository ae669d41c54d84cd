using System.Globalization;
using System.Text;

namespace LspsPlugin.Fuzz;

/// <summary>An input that a target does not stand.</summary>
/// <param name="Seed">Null for an input that was given.</param>
internal sealed record Finding(FuzzTarget Target, int? Seed, byte[] Input, Exception Failure)
{
    /// <summary>A command line holds no more.</summary>
    private const int LongestArgument = 60_000;

    /// <summary>The smallest input found that still fails.</summary>
    public byte[] Smallest { get; private init; } = Input;

    /// <summary>What a person needs: where, what, with which bytes, and how to see it again.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"FOUND by {Target.Name}{(Seed is { } seed ? $", seed {seed}" : "")}: {Failure}");
        text.AppendLine(CultureInfo.InvariantCulture, $"input, {Smallest.Length} of {Input.Length} bytes, as hex: {Convert.ToHexStringLower(Smallest)}");
        text.AppendLine(CultureInfo.InvariantCulture, $"as text: {string.Concat(Encoding.UTF8.GetString(Smallest).Select(c => char.IsControl(c) ? '.' : c))}");
        text.Append(Seed is { } again && Smallest.Length * 2 > LongestArgument
            ? $"again: ./build.sh fuzz {Target.Name} --seed {again} --inputs 1"
            : $"again: ./build.sh fuzz {Target.Name} --input {Convert.ToHexStringLower(Smallest)}");
        return text.ToString();
    }

    /// <summary>Leaves out what is not needed to fail in the same way.</summary>
    public Finding Shrink()
    {
        const int MostTries = 2000;
        byte[] smallest = Input;
        int tries = 0;
        for (int piece = Math.Max(1, smallest.Length / 2); piece > 0; piece /= 2)
        {
            for (int at = 0; at < smallest.Length && tries < MostTries;)
            {
                byte[] less = [.. smallest[..at], .. smallest[Math.Min(smallest.Length, at + piece)..]];
                tries++;
                if (FailsAlike(less)) smallest = less;
                else at += piece;
            }
        }

        return this with { Smallest = smallest };
    }

    private bool FailsAlike(byte[] input)
    {
        try
        {
            Target.Check(input);
            return false;
        }
        catch (Exception e)
        {
            return e.GetType() == Failure.GetType() && Where(e) == Where(Failure);
        }
    }

    private static string? Where(Exception e) => e is FindingException ? e.Message.Split(':')[0] : e.StackTrace?.Split('\n')[0];
}
