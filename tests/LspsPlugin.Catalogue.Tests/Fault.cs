namespace LspsPlugin.Catalogue.Tests;

/// <summary>A fault or an attack.</summary>
/// <param name="Happens">What happens.</param>
/// <param name="Holds">What must hold afterwards in every case.</param>
public sealed record Fault(string Id, string Happens, string Holds);
