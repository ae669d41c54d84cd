using System.Globalization;
using System.Numerics;

namespace LspsPlugin.RealNodes.Nodes;

/// <summary>Multiplication on secp256k1, for keys that protect nothing: slow and not constant-time.</summary>
internal static class Secp256k1
{
    private static readonly BigInteger P = Number("00fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f");

    /// <summary>The generator point, compressed.</summary>
    public static byte[] Generator { get; } = Convert.FromHexString("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");

    /// <param name="scalar">32 bytes, big-endian.</param>
    /// <param name="point">Compressed.</param>
    /// <returns>The product, compressed.</returns>
    public static byte[] Multiply(byte[] scalar, byte[] point)
    {
        (BigInteger X, BigInteger Y)? sum = null, power = Expand(point);
        for (var left = new BigInteger(scalar, isUnsigned: true, isBigEndian: true); left > 0; left >>= 1)
        {
            if (!left.IsEven) sum = Add(sum, power);
            power = Add(power, power);
        }

        (BigInteger x, BigInteger y) = sum ?? throw new ArgumentException("a multiple of the order", nameof(scalar));
        byte[] bytes = x.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [(byte)(y.IsEven ? 2 : 3), .. new byte[32 - bytes.Length], .. bytes];
    }

    private static (BigInteger X, BigInteger Y)? Add((BigInteger X, BigInteger Y)? one, (BigInteger X, BigInteger Y)? other)
    {
        if (one is not var (x1, y1)) return other;
        if (other is not var (x2, y2)) return one;
        if (x1 == x2 && Modulo(y1 + y2) == 0) return null;
        BigInteger slope = x1 == x2 ? 3 * x1 * x1 * Inverse(2 * y1) : (y2 - y1) * Inverse(x2 - x1);
        BigInteger x = Modulo((slope * slope) - x1 - x2);
        return (x, Modulo((slope * (x1 - x)) - y1));
    }

    private static (BigInteger X, BigInteger Y) Expand(byte[] point)
    {
        var x = new BigInteger(point.AsSpan(1), isUnsigned: true, isBigEndian: true);
        BigInteger y = BigInteger.ModPow((x * x * x) + 7, (P + 1) / 4, P);
        return (x, y.IsEven == (point[0] == 2) ? y : P - y);
    }

    private static BigInteger Inverse(BigInteger number) => BigInteger.ModPow(Modulo(number), P - 2, P);

    private static BigInteger Modulo(BigInteger number) => ((number % P) + P) % P;

    private static BigInteger Number(string hex) => BigInteger.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
