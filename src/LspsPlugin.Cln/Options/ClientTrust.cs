namespace LspsPlugin.Cln.Options;

/// <summary>Whether payments are accepted through a channel before its funding is confirmed, trusting the provider.</summary>
internal enum ClientTrust : byte
{
    Never,
    Always,

    /// <summary>Only if the command agrees.</summary>
    Ask,
}
