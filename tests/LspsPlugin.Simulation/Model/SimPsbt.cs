using System.Buffers.Binary;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Simulation.Model;

/// <summary>
/// PSBTs with real bytes: version 0 with the unsigned transaction, version 2 with its parts, and a final witness per input once signed. The
/// node's commands answer with version 0 and accept both; for a channel it stores version 2.
/// </summary>
public static class SimPsbt
{
    private const int UnsignedTx = 0x00, TxVersion = 0x02, Inputs = 0x04, Outputs = 0x05, Version = 0xfb;
    private const int Witness = 0x08, PreviousTxId = 0x0e, OutputIndex = 0x0f;
    private const int Amount = 0x03, Script = 0x04;

    private static readonly byte[] Magic = [0x70, 0x73, 0x62, 0x74, 0xff];

    public static string Write(SimTx tx, bool signed, uint version = 0)
    {
        var bytes = new List<byte>(Magic);
        if (version == 0)
        {
            Add(bytes, UnsignedTx, tx.Serialize());
        }
        else
        {
            Add(bytes, TxVersion, Little(2, 4));
            Add(bytes, Inputs, [(byte)tx.Inputs.Count]);
            Add(bytes, Outputs, [(byte)tx.Outputs.Count]);
            Add(bytes, Version, Little(2, 4));
        }

        bytes.Add(0);
        foreach (Outpoint input in tx.Inputs)
        {
            byte[] previous = input.TxId.ToArray();
            if (version == 2) Add(bytes, PreviousTxId, previous);
            if (version == 2) Add(bytes, OutputIndex, Little(input.Index, 4));
            if (signed) Add(bytes, Witness, [0, 0]);
            bytes.Add(0);
        }

        foreach (TxOutput output in tx.Outputs)
        {
            if (version == 2) Add(bytes, Amount, Little(output.Amount.Value, 8));
            if (version == 2) Add(bytes, Script, Convert.FromHexString(output.Script));
            bytes.Add(0);
        }

        return Convert.ToBase64String([.. bytes]);
    }

    public static SimTx? Read(string? base64)
    {
        if (Psbt.TryReadUnsignedTx(base64, out UnsignedTx? tx, out _)) return new SimTx(tx.Inputs, tx.Outputs);
        return VersionOf(base64) == 2 ? ReadPieces(Convert.FromBase64String(base64!)) : null;
    }

    public static bool IsSigned(string base64) => Read(base64) is { } tx && Write(tx, signed: true, VersionOf(base64)) == base64;

    /// <summary>Returns the PSBT in another version.</summary>
    /// <exception cref="SimRpcException">The version does not exist, or this is not a PSBT.</exception>
    public static string InVersion(string base64, uint version)
    {
        if (version is not (0 or 2)) throw new SimRpcException(-32602, "Could not set PSBT version");
        SimTx tx = Read(base64) ?? throw new SimRpcException(-32602, "psbt: Expected a PSBT: invalid token");
        return Write(tx, IsSigned(base64), version);
    }

    public static uint VersionOf(string? base64)
    {
        byte[] buffer = new byte[base64?.Length ?? 0];
        return Convert.TryFromBase64String(base64 ?? "", buffer, out int length) && length > 7 && buffer.AsSpan().StartsWith(Magic) && buffer[6] == TxVersion ? 2u : 0u;
    }

    private static SimTx ReadPieces(byte[] bytes)
    {
        int at = Magic.Length;
        Dictionary<int, byte[]> global = Map(bytes, ref at);
        var inputs = new List<Outpoint>();
        for (int i = 0; i < global[Inputs][0]; i++)
        {
            Dictionary<int, byte[]> input = Map(bytes, ref at);
            inputs.Add(new Outpoint(TxId.FromBytes(input[PreviousTxId]), BinaryPrimitives.ReadUInt32LittleEndian(input[OutputIndex])));
        }

        var outputs = new List<TxOutput>();
        for (int i = 0; i < global[Outputs][0]; i++)
        {
            Dictionary<int, byte[]> output = Map(bytes, ref at);
            outputs.Add(new TxOutput(new Sat(BinaryPrimitives.ReadUInt64LittleEndian(output[Amount])), Convert.ToHexStringLower(output[Script])));
        }

        return new SimTx(inputs, outputs);
    }

    /// <summary>Parses one map with keys of one byte each, as <see cref="Write"/> makes them.</summary>
    private static Dictionary<int, byte[]> Map(byte[] bytes, ref int at)
    {
        var map = new Dictionary<int, byte[]>();
        while (bytes[at++] != 0)
        {
            int key = bytes[at++], length = bytes[at++];
            map.Add(key, bytes[at..(at + length)]);
            at += length;
        }

        return map;
    }

    private static void Add(List<byte> bytes, int key, byte[] value)
    {
        bytes.AddRange([1, (byte)key]);
        if (value.Length < 0xfd) bytes.Add((byte)value.Length);
        else bytes.AddRange([0xfd, (byte)value.Length, (byte)(value.Length >> 8)]);
        bytes.AddRange(value);
    }

    private static byte[] Little(ulong value, int size)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes[..size];
    }
}
