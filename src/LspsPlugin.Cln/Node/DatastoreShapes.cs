namespace LspsPlugin.Cln.Node;

// Calls of the datastore, where the records are. See NodeShapes.cs for what may be missing.
/// <summary>The params of datastore.</summary>
/// <param name="Key">The path; a key has either a value or children.</param>
/// <param name="String">The value, UTF-8.</param>
/// <param name="Mode">must-create, must-replace or create-or-replace.</param>
/// <param name="Generation">The generation that must still be current; null for any. Only with must-replace.</param>
internal sealed record DatastoreParams(string[] Key, string String, string Mode, ulong? Generation);

/// <summary>The answer of datastore and deldatastore.</summary>
/// <param name="Key">The path.</param>
/// <param name="Generation">0 for a new value; one more after each change.</param>
internal sealed record DatastoreAnswer(string[] Key, ulong Generation);

/// <summary>The params of listdatastore and deldatastore.</summary>
internal sealed record DatastoreKeyParams(string[] Key);

/// <summary>The answer of listdatastore.</summary>
internal sealed record ListDatastoreAnswer(DatastoreEntry[] Datastore);

/// <summary>A datastore entry; without a value if it only has children.</summary>
/// <param name="Key">The path.</param>
/// <param name="Generation">How often the value was changed; null if there is no value.</param>
/// <param name="String">Absent for a value that is not UTF-8 and for a key that only has children.</param>
/// <param name="Hex">The value's bytes in hex.</param>
internal sealed record DatastoreEntry(string[] Key, ulong? Generation = null, string? String = null, string? Hex = null);
