namespace LspsPlugin.Catalogue.Tests.Requirements;

/// <summary>What a specification demands, in our words.</summary>
/// <param name="Who">The LSP (our provider's role), the client (our wallet's), or both.</param>
/// <param name="Level">MUST, SHOULD, MAY and their opposites.</param>
public sealed record Requirement(string Id, string Who, string Level, string Text);

/// <summary>Why no test proves a requirement.</summary>
internal enum Gap : byte
{
    /// <summary>There is nothing here that it could be about.</summary>
    NotApplicable,

    /// <summary>The node offers no way.</summary>
    NotPossible,

    /// <summary>A SHOULD or MAY that we do not follow, for a reason.</summary>
    Otherwise,

    NotYet,
}
