using LspsPlugin.Fuzz.Inputs;

namespace LspsPlugin.Fuzz;

/// <summary>Feeds a target one input per seed, until one fails.</summary>
internal static class FuzzRun
{
    /// <summary>The corpus first, as it stands, then one hostile input for each seed from <paramref name="seed"/> on.</summary>
    /// <param name="goOn">Asked before every input, with the number of inputs so far.</param>
    /// <returns>The inputs that were tried, and what was found.</returns>
    public static (int Inputs, Finding? Finding) Run(FuzzTarget target, int seed, Func<int, bool> goOn)
    {
        foreach (byte[] valid in target.Corpus)
        {
            if (Try(target, null, valid) is { } finding) return (0, finding);
        }

        int inputs = 0;
        while (goOn(inputs))
        {
            int one = unchecked(seed + inputs++);
            if (Try(target, one, HostileInputs.Make(one, target.Corpus)) is { } finding) return (inputs, finding);
        }

        return (inputs, null);
    }

    public static Finding? Try(FuzzTarget target, int? seed, byte[] input)
    {
        try
        {
            target.Check(input);
            return null;
        }
        catch (Exception e)
        {
            return new Finding(target, seed, input, e);
        }
    }
}
