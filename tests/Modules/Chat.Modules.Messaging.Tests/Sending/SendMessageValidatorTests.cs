using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Sending;
using Microsoft.Extensions.Options;
using static Chat.Modules.Messaging.Tests.Words;

namespace Chat.Modules.Messaging.Tests.Sending;

public sealed class SendMessageValidatorTests
{
    [Theory]
    [InlineData("x", 1, null)]
    [InlineData("", 1, ErrorCodes.BadRequest)]
    [InlineData(" ", 1, null)]
    [InlineData("\0", 1, null)]
    [InlineData("x", 16_384, null)]
    [InlineData("x", 16_385, ErrorCodes.TooLarge)]
    [InlineData("é", 8_192, null)]
    [InlineData("é", 8_193, ErrorCodes.TooLarge)]
    [InlineData("中", 5_461, null)]
    [InlineData("中", 5_462, ErrorCodes.TooLarge)]
    [InlineData("🙂", 4_096, null)]
    [InlineData("🙂", 4_097, ErrorCodes.TooLarge)]
    public void A_text_is_1_byte_to_16_KiB_of_UTF_8(string unit, int times, string? code) =>
        Assert.Equal(code, Validate(text: string.Concat(Enumerable.Repeat(unit, times))));

    // A lone surrogate, one that is cut off, an overlong slash, half a character, none at all, one beyond Unicode.
    [Theory]
    [InlineData("EDA080")]
    [InlineData("EDB080")]
    [InlineData("78EDBFBF")]
    [InlineData("C0AF")]
    [InlineData("F09F9982F09F")]
    [InlineData("FF")]
    [InlineData("F4908080")]
    public void A_text_that_is_not_UTF_8_is_refused(string bytes) =>
        Assert.Equal(ErrorCodes.BadRequest, Validate("1", new MessageContent(new Utf8Text(Convert.FromHexString(bytes)))));

    [Theory]
    [InlineData("a", null)]
    [InlineData(" ", null)]
    [InlineData("~", null)]
    [InlineData("6f1c-{\"x\"}/\\", null)]
    [InlineData("", ErrorCodes.BadRequest)]
    [InlineData("\u007f", ErrorCodes.BadRequest)]
    [InlineData("a\0", ErrorCodes.BadRequest)]
    [InlineData("a\n", ErrorCodes.BadRequest)]
    [InlineData("\u001f", ErrorCodes.BadRequest)]
    [InlineData("é", ErrorCodes.BadRequest)]
    [InlineData("\u00a0", ErrorCodes.BadRequest)]
    public void A_clientMsgId_is_printable_ASCII(string clientMsgId, string? code) => Assert.Equal(code, Validate(clientMsgId));

    [Theory]
    [InlineData(64, null)]
    [InlineData(65, ErrorCodes.BadRequest)]
    public void A_clientMsgId_has_at_most_64_characters(int length, string? code) => Assert.Equal(code, Validate(new string('a', length)));

    [Fact]
    public void A_text_may_be_empty_where_there_are_files()
    {
        Assert.Null(Validate("1", MessageContent.Of(""), media: [File()]));
        Assert.Equal(ErrorCodes.BadRequest, Validate("1", MessageContent.Of(""), media: []));
    }

    [Fact]
    public void A_message_has_up_to_ten_files_each_once()
    {
        var file = File();

        Assert.Null(Validate("1", MessageContent.Of("t"), media: [.. Enumerable.Range(0, 10).Select(_ => File())]));
        Assert.Equal(ErrorCodes.BadRequest, Validate("1", MessageContent.Of("t"), media: [.. Enumerable.Range(0, 11).Select(_ => File())]));
        Assert.Equal(ErrorCodes.BadRequest, Validate("1", MessageContent.Of("t"), media: [file, file with { Voice = true }]));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("Grüße 🙂.png", true)]
    [InlineData("", false)]
    [InlineData("..", false)]
    [InlineData("a/b", false)]
    [InlineData("a\\b", false)]
    [InlineData("a\nb", false)]
    public void A_file_s_name_has_no_path_and_no_control_character(string name, bool isTaken) =>
        Assert.Equal(isTaken ? null : ErrorCodes.BadRequest, Validate("1", MessageContent.Of("t"), media: [File() with { Name = name }]));

    [Theory]
    [InlineData(255, 100, true, true)]
    [InlineData(256, 100, true, false)]
    [InlineData(255, 101, true, false)]
    [InlineData(255, 1, false, false)]
    [InlineData(255, 0, false, true)]
    public void A_name_and_a_waveform_have_limits_and_only_a_voice_note_has_a_waveform(int name, int waveform, bool voice, bool isTaken) =>
        Assert.Equal(
            isTaken ? null : ErrorCodes.BadRequest,
            Validate("1", MessageContent.Of("t"), media: [File() with { Name = new string('n', name), Waveform = new byte[waveform], Voice = voice }]));

    [Fact]
    public void The_operator_can_set_a_lower_limit()
    {
        Assert.Null(Validate(text: "12345", maxBytes: 5));
        Assert.Equal(ErrorCodes.TooLarge, Validate(text: "123456", maxBytes: 5));
    }

    private static string? Validate(string clientMsgId = "1", string text = "hello", int maxBytes = 16_384) =>
        Validate(clientMsgId, MessageContent.Of(text), maxBytes);

    private static MediaReference File() => new(MediaId.New(Now));

    private static string? Validate(string clientMsgId, MessageContent content, int maxBytes = 16_384, MediaReference[]? media = null)
    {
        var validator = new SendMessageValidator(Options.Create(new MessagingOptions { MaxTextBytes = maxBytes }));
        var result = validator.Validate(new SendMessage(AliceAndBob, Alice.Phone(), clientMsgId, content, media));
        return result.IsValid ? null : (string?)Assert.Single(result.Errors).CustomState ?? ErrorCodes.BadRequest;
    }
}
