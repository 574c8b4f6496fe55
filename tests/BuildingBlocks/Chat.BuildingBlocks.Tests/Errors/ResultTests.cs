using Chat.BuildingBlocks.Errors;

namespace Chat.BuildingBlocks.Tests.Errors;

public sealed class ResultTests
{
    private static readonly Error Refusal = Error.BadRequest("No.");

    [Fact]
    public void A_value_is_a_result()
    {
        Result<int> result = 42;

        Assert.True(result.IsOk);
        Assert.Null(result.Error);
        Assert.Equal(42, result.Value);
        Assert.Equal("42", result.Match(value => $"{value}", error => error.Code));
    }

    [Fact]
    public void A_refusal_is_a_result_without_a_value()
    {
        Result<int> result = Refusal;

        Assert.False(result.IsOk);
        Assert.Equal(Refusal, result.Error);
        Assert.Equal(ErrorCodes.BadRequest, result.Match(value => $"{value}", error => error.Code));
        Assert.Throws<InvalidOperationException>(() => result.Value);
    }

    [Fact]
    public void A_behaviour_can_refuse_without_knowing_the_value() => Assert.Equal(Refusal, Refuse<Result<string>>().Error);

    private static T Refuse<T>() where T : IResult<T> => T.Refused(Refusal);
}
