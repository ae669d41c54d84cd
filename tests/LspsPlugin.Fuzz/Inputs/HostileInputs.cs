namespace LspsPlugin.Fuzz.Inputs;

/// <summary>Makes hostile inputs: valid ones, changed a little in ways that readers get wrong, or a lot.</summary>
internal static class HostileInputs
{
    private const int MostChanges = 4;
    private const int LargestInput = 1 << 17;

    /// <summary>The input of a seed: the same seed and corpus make the same bytes.</summary>
    public static byte[] Make(int seed, IReadOnlyList<byte[]> corpus)
    {
        var random = new Random(seed);
        if (random.Next(50) == 0) return Noise(random);
        byte[] input = corpus[random.Next(corpus.Count)];
        for (int changes = random.Next(MostChanges + 1); changes > 0; changes--)
        {
            // Changes of the structure get further than changes of bytes, which mostly end at the first check.
            input = random.Next(3) > 0 && JsonChanges.TryApply(random, input, out byte[]? changed) ? changed : ByteChanges.Apply(random, input, corpus);
            if (input.Length > LargestInput) input = input[..LargestInput];
        }

        return input;
    }

    private static byte[] Noise(Random random)
    {
        byte[] noise = new byte[random.Next(300)];
        random.NextBytes(noise);
        return noise;
    }
}
