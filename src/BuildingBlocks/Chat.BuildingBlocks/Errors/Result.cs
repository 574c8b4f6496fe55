using System.Diagnostics.CodeAnalysis;

namespace Chat.BuildingBlocks.Errors;

/// <summary>The outcome of a command: a value, or a refusal.</summary>
public readonly struct Result<T> : IResult<Result<T>>
{
    private readonly T? _value;

    private Result(T? value, Error? error) => (_value, Error) = (value, error);

    /// <summary>The refusal; null when there is a value.</summary>
    public Error? Error { get; }

    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsOk => Error is null;

    /// <exception cref="InvalidOperationException">The result is a refusal.</exception>
    public T Value => Error is null ? _value! : throw new InvalidOperationException($"Refused: {Error.Code}.");

    public TOut Match<TOut>(Func<T, TOut> ok, Func<Error, TOut> refused) => Error is null ? ok(_value!) : refused(Error);

    public static implicit operator Result<T>(T value) => new(value, null);

    public static implicit operator Result<T>(Error error) => new(default, error);

    static Result<T> IResult<Result<T>>.Refused(Error error) => error;
}

/// <summary>Lets a pipeline behaviour refuse a request without knowing the type of its value.</summary>
public interface IResult<TSelf> where TSelf : IResult<TSelf>
{
    /// <summary>The refusal; null when there is a value.</summary>
    Error? Error { get; }

    static abstract TSelf Refused(Error error);
}

/// <summary>The value of a command that only succeeds or is refused.</summary>
public readonly record struct Done;
