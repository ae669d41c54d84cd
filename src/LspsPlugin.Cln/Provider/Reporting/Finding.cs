using System.Text.Json;

namespace LspsPlugin.Cln.Provider.Reporting;

/// <summary>How urgent a finding is.</summary>
internal enum Urgency : byte
{
    /// <summary>Sales fail, or money is stuck.</summary>
    Now,

    /// <summary>Sales will fail.</summary>
    Soon,

    /// <summary>Worth knowing.</summary>
    Note,
}

/// <summary>The words for <see cref="Urgency"/>: member urgency of lsps-checkup and of alerts, and of the metric lsps.findings.</summary>
internal static class UrgencyWords
{
    private static readonly Dictionary<Urgency, string> Words = new() { [Urgency.Now] = "now", [Urgency.Soon] = "soon", [Urgency.Note] = "note" };

    public static string ToWord(this Urgency urgency) => Words[urgency];

    /// <summary>Returns the urgency that a record names; the greatest if the word is of a later version.</summary>
    public static Urgency Read(string? word) => Words.FirstOrDefault(one => one.Value == word).Key;
}

/// <summary>Something that an operator should know of.</summary>
/// <param name="Code">A short fixed word for programs.</param>
/// <param name="Urgency">How urgent it is.</param>
/// <param name="Message">What is wrong, in one sentence.</param>
/// <param name="Remedy">What to do about it.</param>
internal sealed record Finding(string Code, Urgency Urgency, string Message, string Remedy)
{
    /// <summary>Of something that happened at one moment: until when an operator is reminded of it; null for a condition, which ends by itself.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Writes the members.</summary>
    /// <param name="json">Stands inside an object.</param>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("code"u8, Code);
        json.WriteString("urgency"u8, Urgency.ToWord());
        json.WriteString("message"u8, Message);
        json.WriteString("remedy"u8, Remedy);
    }
}
