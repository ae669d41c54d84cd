namespace LspsPlugin.Cln.Options;

/// <summary>Whether payments are accepted through a channel before its funding is confirmed, trusting the provider.</summary>
internal enum ClientTrust : byte
{
    /// <summary>Never: the payment waits for the confirmation.</summary>
    Never,
    /// <summary>Unless the command forbids it.</summary>
    Always,

    /// <summary>Only if the command agrees.</summary>
    Ask,
}
