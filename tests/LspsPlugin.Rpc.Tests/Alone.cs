using Xunit;

namespace LspsPlugin.Rpc.Tests;

/// <summary>Tests that measure the process run when no others do.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class Alone;
