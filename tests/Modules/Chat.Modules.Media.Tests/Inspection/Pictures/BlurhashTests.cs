using Chat.Modules.Media.Inspection.Pictures;

namespace Chat.Modules.Media.Tests.Inspection.Pictures;

public sealed class BlurhashTests
{
    // As the reference's algorithm in C gives them; that in JavaScript (2.0.5) gives the same where the largest factor is positive.
    [Theory]
    [InlineData("gradient", 32, 24, 4, 3, "LxH1472RwzW.mmWYjuf7g1fkfQfj")]
    [InlineData("gradient", 24, 32, 3, 4, "TxCt{;FpsVhiaijugLfkfQjGa|jt")]
    [InlineData("stripes", 20, 15, 4, 3, "LLHT~@l=l=c}v_M{S$K$NCogS*es")]
    [InlineData("stripes", 7, 64, 3, 4, "TfHeB^%DSGmnRQWXY:afS$pmTHWZ")]
    [InlineData("white", 8, 8, 4, 3, "LfTSUA~qfQ~q~qt7fQt7fQfQfQfQ")]
    [InlineData("black", 8, 8, 4, 3, "L00000fQfQfQfQfQfQfQfQfQfQfQ")]
    [InlineData("halves", 10, 10, 4, 3, "L~LjfL|T,SO0w$sRn~a~fQfQfQfQ")]
    [InlineData("stripes", 1, 1, 4, 3, "L00000fQfQfQfQfQfQfQfQfQfQfQ")]
    [InlineData("gradient", 32, 32, 1, 1, "00H2cg")]
    [InlineData("stripes", 16, 16, 9, 9, "|cG[D~umOjxnIVK$iho{V@nxRRP8RWB-w0$LbarvabX9jeS2oZ+^X9nQXPs*jKf6k6nnbcR%k8NbW9W?a]b0WZoGjcj[jcxIjYn$j^WSjwW=jGk8W:WAbcjEX8n,jXj[jGt6jIj?j=a#j?a}jvoMWAj[a|jZW=S1j?a$fO")]
    public void It_is_the_same_as_the_reference_makes(string name, int width, int height, int across, int down, string hash)
    {
        var rgba = new byte[width * height * 4];
        for (var (i, y) = (0, 0); y < height; y++)
        {
            for (var x = 0; x < width; x++, i += 4)
                (rgba[i], rgba[i + 1], rgba[i + 2], rgba[i + 3]) = ((byte, byte, byte, byte))PixelOf(name, x, y);
        }

        Assert.Equal(hash, Blurhash.Encode(rgba, width, height, across, down));
    }

    private static (int R, int G, int B, int A) PixelOf(string name, int x, int y) => name switch
    {
        "gradient" => (x * 8 % 256, y * 8 % 256, (x + y) * 4 % 256, 255),
        "stripes" => ((x * 37 + y * 11) % 256, (x * x + y * 5) % 256, x * y * 3 % 256, 255),
        "white" => (255, 255, 255, 255),
        "halves" => x < 5 ? (255, 0, 0, 255) : (0, 0, 255, 255),
        _ => (0, 0, 0, 255),
    };
}
