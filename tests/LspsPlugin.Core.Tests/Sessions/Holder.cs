using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Core.Tests.Sessions;

/// <summary>A record that holds a secret, as states and records of the journal do.</summary>
internal sealed record Holder(Preimage Preimage);
