namespace LspsPlugin.Tests;

/// <summary>
/// Says which faults of the catalogue (docs/faults.md) a test, a checker or a scenario proves harmless. The page is made from these
/// annotations, so it names what exists and nothing else.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method | AttributeTargets.Field | AttributeTargets.Property, AllowMultiple = true)]
internal sealed class CoversAttribute(params string[] faults) : Attribute
{
    /// <summary>Ids of the catalogue, such as "B09".</summary>
    public IReadOnlyList<string> Faults => faults;
}
