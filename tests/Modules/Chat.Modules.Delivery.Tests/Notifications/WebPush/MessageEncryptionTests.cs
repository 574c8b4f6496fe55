using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Chat.Modules.Delivery.Notifications.WebPush;
using Chat.Testing.Push;

namespace Chat.Modules.Delivery.Tests.Notifications.WebPush;

public sealed class MessageEncryptionTests
{
    // RFC 8291, appendix A.
    private const string Text = "When I grow up, I want to be a watermelon";
    private const string Auth = "BTBZMqHH6r4Tts7J_aSIgg";
    private const string Salt = "DGv6ra1nlYgDCS1FRnbzlw";
    private const string ReceiverKey = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
    private const string ReceiverPublic = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    private const string SenderKey = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
    private const string SenderPublic = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
    private const string Message =
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";

    [Fact]
    public void The_example_of_the_RFC_comes_out_byte_for_byte()
    {
        using var sender = Pair(SenderKey, SenderPublic);

        var message = MessageEncryption.Encrypt(Encoding.ASCII.GetBytes(Text), Bytes(ReceiverPublic), Bytes(Auth), sender, Bytes(Salt));

        Assert.Equal(Message, Base64Url.EncodeToString(message));
    }

    [Fact]
    public void The_fake_receiver_decrypts_the_example_of_the_RFC()
    {
        var receiver = new PushReceiver("https://push.example", Pair(ReceiverKey, ReceiverPublic), Bytes(Auth));

        Assert.Equal(Text, Encoding.ASCII.GetString(receiver.Decrypt(Bytes(Message))));
    }

    [Fact]
    public void Only_the_receiver_can_decrypt()
    {
        var (receiver, another) = (new PushReceiver("https://push.example"), new PushReceiver("https://push.example"));
        var message = MessageEncryption.Encrypt("hello"u8, Bytes(receiver.P256dh), Bytes(receiver.Auth));

        Assert.Equal("hello"u8, receiver.Decrypt(message));
        Assert.ThrowsAny<CryptographicException>(() => another.Decrypt(message));
        message[^1] ^= 1;
        Assert.ThrowsAny<CryptographicException>(() => receiver.Decrypt(message));
    }

    [Fact]
    public void The_longest_payload_has_4096_bytes_when_it_is_encrypted()
    {
        var receiver = new PushReceiver("https://push.example");

        var message = MessageEncryption.Encrypt(new byte[MessageEncryption.MaxPayloadBytes], Bytes(receiver.P256dh), Bytes(receiver.Auth));

        Assert.Equal(4_096, message.Length);
        Assert.Equal(MessageEncryption.MaxPayloadBytes, receiver.Decrypt(message).Length);
    }

    [Fact]
    public void Two_messages_of_the_same_payload_have_nothing_in_common()
    {
        var receiver = new PushReceiver("https://push.example");

        var (one, other) = (Encrypted(), Encrypted());

        Assert.NotEqual(one[..16], other[..16]);
        Assert.NotEqual(one[21..86], other[21..86]);

        byte[] Encrypted() => MessageEncryption.Encrypt("hello"u8, Bytes(receiver.P256dh), Bytes(receiver.Auth));
    }

    [Fact]
    public void A_key_that_is_no_point_of_the_curve_is_refused()
    {
        var point = Bytes(ReceiverPublic);
        point[64] ^= 1;

        Assert.True(P256.IsOnCurve(Bytes(ReceiverPublic)));
        Assert.False(P256.IsOnCurve(point));
        Assert.False(P256.IsOnCurve(new byte[65]));
        Assert.False(P256.IsOnCurve(point[..64]));
        Assert.ThrowsAny<CryptographicException>(() => MessageEncryption.Encrypt("hello"u8, point, Bytes(Auth)));
    }

    private static byte[] Bytes(string text) => Base64Url.DecodeFromChars(text);

    private static ECDiffieHellman Pair(string key, string publicKey)
    {
        var parameters = P256.ParametersOf(Bytes(publicKey));
        parameters.D = Bytes(key);
        return ECDiffieHellman.Create(parameters);
    }
}
