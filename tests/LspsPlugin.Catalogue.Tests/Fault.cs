namespace LspsPlugin.Catalogue.Tests;

/// <summary>Something that goes wrong, or that somebody does to us.</summary>
/// <param name="Happens">What happens.</param>
/// <param name="Holds">What must hold afterwards, whatever else is the case.</param>
public sealed record Fault(string Id, string Happens, string Holds);
