using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Accounts;

namespace Chat.Modules.Identity.Tests.Accounts;

public sealed class PasswordRulesTests
{
    private static readonly UserId User = UserId.Parse("alice.in.wonderland");

    [Theory]
    [InlineData("        ")]
    [InlineData("aaaaaaaaaaaa")]
    [InlineData("12121212")]
    [InlineData("password")]
    [InlineData("PassWord")]
    [InlineData("qwertyuiop")]
    [InlineData("baseball1")]
    [InlineData("Alice.In.Wonderland")]
    [InlineData("a\u0000bcdefgh")]
    [InlineData("short 7")]
    public void What_is_tried_first_is_refused(string password) => Assert.NotNull(PasswordRules.FaultOfNew(User, password));

    [Theory]
    [InlineData("correct horse")]
    [InlineData("my password")]
    [InlineData("пароль мой")]
    [InlineData("合言葉を教えてください")]
    public void What_is_not_is_taken(string password) => Assert.Null(PasswordRules.FaultOfNew(User, password));

    [Theory]
    [InlineData("caf\u00e9 au lait", "cafe\u0301 au lait")]
    [InlineData("\uac00\uac01\uac02\uac03", "\u1100\u1161\u1100\u1161\u11a8\u1100\u1161\u11a9\u1100\u1161\u11aa")]
    [InlineData("open sesame", "open\u3000sesame")]
    public void A_password_is_the_same_from_every_keyboard(string one, string other) =>
        Assert.Equal(PasswordRules.Normalise(one), PasswordRules.Normalise(other));
}
