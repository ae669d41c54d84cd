namespace LspsPlugin.Catalogue.Tests.Requirements;

/// <summary>A requirement of a specification, paraphrased.</summary>
/// <param name="Who">The LSP (our provider role), the client (our wallet role), or both.</param>
/// <param name="Level">MUST, SHOULD, MAY and their negations.</param>
public sealed record Requirement(string Id, string Who, string Level, string Text);

/// <summary>The reason why no test covers a requirement.</summary>
internal enum Gap : byte
{
    /// <summary>The requirement does not apply to this plugin.</summary>
    NotApplicable,

    /// <summary>The node offers no way to meet it.</summary>
    NotPossible,

    /// <summary>A SHOULD or MAY that the plugin deliberately does not follow.</summary>
    Otherwise,

    NotYet,
}
