namespace LspsPlugin.Fuzz;

/// <summary>One reader of bytes that somebody else wrote.</summary>
/// <param name="Name">As the command line knows it.</param>
/// <param name="Corpus">Inputs that the reader takes; hostile ones are made from them.</param>
/// <param name="Check">Throws when the reader does, or when what must hold for every input does not.</param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Corpus, Action<byte[]> Check);

/// <summary>Something that must hold for every input does not.</summary>
internal sealed class FindingException(string what) : Exception(what)
{
    public static void ThrowUnless(bool holds, string what)
    {
        if (!holds) throw new FindingException(what);
    }
}
