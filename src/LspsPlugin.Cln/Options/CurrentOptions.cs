namespace LspsPlugin.Cln.Options;

/// <summary>A role's options as they are now: setconfig replaces them while the plugin runs.</summary>
/// <param name="atStart">The options from init.</param>
internal sealed class CurrentOptions<T>(T atStart)
    where T : class
{
    private T _value = atStart;

    /// <summary>Returns the options; passed as a function to everything that must see a change.</summary>
    public T Get() => _value;

    public void Change(T options) => _value = options;
}
