using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model;

/// <summary>PSBTs of version 0 with real bytes: the unsigned transaction, and a final witness per input once signed.</summary>
internal static class SimPsbt
{
    public static string Write(SimTx tx, bool signed)
    {
        byte[] unsigned = tx.Serialize();
        var bytes = new List<byte> { 0x70, 0x73, 0x62, 0x74, 0xff, 1, 0 };
        if (unsigned.Length < 0xfd)
        {
            bytes.Add((byte)unsigned.Length);
        }
        else
        {
            bytes.AddRange([0xfd, (byte)unsigned.Length, (byte)(unsigned.Length >> 8)]);
        }

        bytes.AddRange(unsigned);
        bytes.Add(0);
        foreach (Outpoint _ in tx.Inputs)
        {
            if (signed) bytes.AddRange([1, 8, 2, 0, 0]);
            bytes.Add(0);
        }

        foreach (TxOutput _ in tx.Outputs) bytes.Add(0);
        return Convert.ToBase64String([.. bytes]);
    }

    public static SimTx? Read(string? base64) =>
        Psbt.TryReadUnsignedTx(base64, out UnsignedTx? tx, out _) ? new SimTx(tx.Inputs, tx.Outputs) : null;

    public static bool IsSigned(string base64) => Read(base64) is { } tx && Write(tx, signed: true) == base64;
}
