namespace LspsPlugin.Cln.Operator;

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

/// <summary>The words for <see cref="Urgency"/>: member urgency of lsps-checkup, and of the metric lsps.findings.</summary>
internal static class Urgencies
{
    public static string ToWord(this Urgency urgency) => urgency switch
    {
        Urgency.Now => "now",
        Urgency.Soon => "soon",
        Urgency.Note => "note",
    };
}

/// <summary>Something that an operator should know of.</summary>
/// <param name="Code">A short fixed word for programs.</param>
/// <param name="Urgency">How urgent it is.</param>
/// <param name="Message">What is wrong, in one sentence.</param>
/// <param name="Remedy">What to do about it.</param>
internal sealed record Finding(string Code, Urgency Urgency, string Message, string Remedy);
