using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace LspsPlugin.ModelCheck.Tests;

/// <summary>Who is there to take mail.</summary>
internal enum Stage : byte
{
    /// <summary>No session; a part of the payment starts one.</summary>
    Idle,

    Live,

    /// <summary>The offer is over, or its JIT scid is an alias of the channel: parts are none of the session's business.</summary>
    Over,
}

/// <summary>One moment: the session's memory, its record, and the world. States and records are numbers of a table.</summary>
/// <param name="State">The machine's state; meaningless unless live.</param>
/// <param name="Known">What the actor believes to be on record.</param>
/// <param name="Record">What is on record; 0 is nothing.</param>
/// <param name="Effects">The calls that are out and the answers in the mail.</param>
/// <param name="Timers">The armed timers, a bit each.</param>
/// <param name="Spent">Crashes, deaths and restarts so far.</param>
internal readonly record struct World(int State, int Known, int Record, int Effects, Node Node, byte Timers, Stage Stage, Spent Spent)
{
    public bool Equals(World other) =>
        Node.Bits == other.Node.Bits && State == other.State && Effects == other.Effects && Record == other.Record && Known == other.Known
        && Timers == other.Timers && Stage == other.Stage && Spent == other.Spent;

    /// <summary>Written out, because most of the time goes into looking worlds up.</summary>
    public override int GetHashCode()
    {
        ulong memory = ((ulong)(uint)State << 40) ^ ((ulong)(uint)Effects << 20) ^ ((ulong)(uint)Record << 8) ^ ((ulong)(uint)Known << 4);
        ulong rest = Timers ^ ((ulong)Stage << 8) ^ ((ulong)Spent.NodeCrashes << 10) ^ ((ulong)Spent.PluginDeaths << 12) ^ ((ulong)Spent.Restarts << 14);
        ulong mixed = unchecked((((Node.Bits * 0x9E3779B97F4A7C15) ^ memory) * 0xC2B2AE3D27D4EB4F) + (rest * 0x165667B19E3779F9));
        return unchecked((int)(mixed ^ (mixed >> 32)));
    }
}

internal readonly record struct Spent(byte NodeCrashes, byte PluginDeaths, byte Restarts);

/// <summary>One way on from a world.</summary>
/// <param name="Fair">Whether it happens in the end, unless another fair one does.</param>
/// <param name="Broken">The rule that it breaks.</param>
/// <param name="Happening">What it is; only where it is explained, as its label and what was done.</param>
internal readonly record struct Move(World To, string Label, bool Fair, string? Broken, Happening? Happening, ImmutableArray<Doing> Done);

/// <summary>Worlds, each once, by the number in which they were met.</summary>
internal sealed class Worlds
{
    private readonly List<World> _worlds = [];

    /// <summary>A number and one per slot, 0 in empty ones; at least every other is empty. The worlds themselves are in the list only.</summary>
    private int[] _slots = new int[1 << 16];

    public int Count => _worlds.Count;

    public World this[int number] => _worlds[number];

    /// <summary>Returns whether the world is new; it then gets the next number.</summary>
    public bool Add(in World w, out int number)
    {
        if (_worlds.Count >= _slots.Length / 2) Grow();
        ref int slot = ref Slot(w);
        bool isNew = slot == 0;
        if (isNew)
        {
            _worlds.Add(w);
            slot = _worlds.Count;
        }

        number = slot - 1;
        return isNew;
    }

    private ref int Slot(in World w)
    {
        ReadOnlySpan<World> worlds = CollectionsMarshal.AsSpan(_worlds);
        int mask = _slots.Length - 1;
        for (int at = w.GetHashCode() & mask; ; at = (at + 1) & mask)
        {
            ref int slot = ref _slots[at];
            if (slot == 0 || worlds[slot - 1].Equals(w)) return ref slot;
        }
    }

    private void Grow()
    {
        _slots = new int[_slots.Length * 2];
        for (int i = 0; i < _worlds.Count; i++) Slot(_worlds[i]) = i + 1;
    }
}

/// <summary>Gives equal values equal small numbers; number 0 is kept for none.</summary>
internal sealed class Numbers<T>
    where T : notnull
{
    private readonly Dictionary<T, int> _numbers = [];
    private readonly List<T> _values = [default!];

    /// <summary>How many numbers are in use, with 0.</summary>
    public int Count => _values.Count;

    public T this[int number] => _values[number];

    public int Of(T value)
    {
        if (_numbers.TryGetValue(value, out int number)) return number;
        _numbers.Add(value, _values.Count);
        _values.Add(value);
        return _values.Count - 1;
    }
}
