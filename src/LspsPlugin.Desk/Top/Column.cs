namespace LspsPlugin.Desk.Top;

/// <summary>A column of a table.</summary>
internal sealed class Column(string name, bool isNumber)
{
    public string Name => name;

    /// <summary>Numbers end at the same place, texts begin there.</summary>
    public bool IsNumber => isNumber;
}
