using System.Text;

namespace Chat.Modules.Media.Inspection.Pictures;

/// <summary>Encodes a small picture as a text of about 30 characters, as described at blurha.sh and in woltapp/blurhash, <c>Algorithm.md</c>.</summary>
internal static class Blurhash
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";

    /// <param name="rgba">Four bytes a pixel, in rows from the top; alpha is not looked at.</param>
    /// <param name="across">Components; 1 to 9.</param>
    /// <param name="down">Components; 1 to 9.</param>
    public static string Encode(ReadOnlySpan<byte> rgba, int width, int height, int across, int down)
    {
        var factors = new (double R, double G, double B)[across * down];
        for (var y = 0; y < down; y++)
        {
            for (var x = 0; x < across; x++)
                factors[y * across + x] = FactorOf(rgba, width, height, x, y);
        }
        var text = new StringBuilder();
        Append(text, across - 1 + (down - 1) * 9, 1);

        var largest = factors.Skip(1).Select(factor => Math.Max(Math.Abs(factor.R), Math.Max(Math.Abs(factor.G), Math.Abs(factor.B)))).DefaultIfEmpty(0).Max();
        var quantised = factors.Length > 1 ? (int)Math.Clamp(Math.Floor(largest * 166 - 0.5), 0, 82) : 0;
        var scale = factors.Length > 1 ? (quantised + 1) / 166.0 : 1;
        Append(text, quantised, 1);

        Append(text, (ToSrgb(factors[0].R) << 16) + (ToSrgb(factors[0].G) << 8) + ToSrgb(factors[0].B), 4);
        foreach (var (r, g, b) in factors.AsSpan(1))
            Append(text, Quantise(r / scale) * 19 * 19 + Quantise(g / scale) * 19 + Quantise(b / scale), 2);
        return text.ToString();
    }

    private static (double R, double G, double B) FactorOf(ReadOnlySpan<byte> rgba, int width, int height, int across, int down)
    {
        var (r, g, b) = (0.0, 0.0, 0.0);
        for (var y = 0; y < height; y++)
        {
            var rowBasis = Math.Cos(Math.PI * down * y / height);
            for (var x = 0; x < width; x++)
            {
                var basis = Math.Cos(Math.PI * across * x / width) * rowBasis;
                var pixel = rgba[((y * width + x) * 4)..];
                r += basis * Linear[pixel[0]];
                g += basis * Linear[pixel[1]];
                b += basis * Linear[pixel[2]];
            }
        }
        var scale = (across == 0 && down == 0 ? 1.0 : 2.0) / (width * height);
        return (r * scale, g * scale, b * scale);
    }

    private static readonly double[] Linear = [.. Enumerable.Range(0, 256).Select(value => value / 255.0).Select(value =>
        value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4))];

    private static int ToSrgb(double linear)
    {
        var value = Math.Clamp(linear, 0, 1);
        return (int)(value <= 0.0031308 ? value * 12.92 * 255 + 0.5 : (1.055 * Math.Pow(value, 1 / 2.4) - 0.055) * 255 + 0.5);
    }

    private static int Quantise(double value) => (int)Math.Clamp(Math.Floor(Math.Sign(value) * Math.Sqrt(Math.Abs(value)) * 9 + 9.5), 0, 18);

    private static void Append(StringBuilder text, int value, int length)
    {
        for (var i = length - 1; i >= 0; i--)
            text.Append(Digits[value / (int)Math.Pow(83, i) % 83]);
    }
}
