using System.Collections.Frozen;

namespace LspsPlugin.Core.Sessions;

/// <summary>
/// The words by which an enumeration is known outside of this program: on disk, in notifications, in options. They are independent of the names in
/// the code, so renaming a member changes no word.
/// </summary>
/// <typeparam name="T">The enumeration.</typeparam>
public sealed class WordTable<T>
    where T : struct, Enum
{
    private readonly Func<T, string> _word;
    private readonly FrozenDictionary<string, T> _values;

    /// <summary>Creates a table.</summary>
    /// <param name="word">An exhaustive switch: the compiler refuses a value without a word.</param>
    /// <param name="mayShare">Whether several values may have one word; the first of them is then read.</param>
    /// <exception cref="ArgumentException">Two values have the same word, and may not share it.</exception>
    public WordTable(Func<T, string> word, bool mayShare = false)
    {
        _word = word;
        Words = [.. Enum.GetValues<T>().Select(word).Distinct()];
        var values = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (T value in Enum.GetValues<T>())
        {
            if (!values.TryAdd(word(value), value) && !mayShare) throw new ArgumentException($"two values have the word '{word(value)}'", nameof(word));
        }

        _values = values.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>All words, in the order of the values.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>The word of a value.</summary>
    public string this[T value] => _word(value);

    /// <summary>Returns the value of a word, in this exact spelling.</summary>
    public bool TryRead(string word, out T value) => _values.TryGetValue(word, out value);

    /// <summary>Returns the value of the word in a member of a record.</summary>
    /// <exception cref="FormatException">The word is unknown; the message names the member and the word.</exception>
    public T Read(string member, string word) => TryRead(word, out T value) ? value : throw new FormatException($"{member} is '{word}', which this version does not know");
}
