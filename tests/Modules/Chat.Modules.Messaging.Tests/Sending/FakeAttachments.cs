using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Contracts;

namespace Chat.Modules.Messaging.Tests.Sending;

/// <summary>Stands for Media: answers as told.</summary>
internal sealed class FakeAttachments : IMediaAttachments
{
    private Func<MediaAttachment, Task<Result<IReadOnlyList<MediaDescription>>>> _answer = _ => throw new InvalidOperationException("The test says no answer.");

    /// <summary>The files of messages that were deleted.</summary>
    public List<MediaId> Released { get; } = [];

    public void Answer(Func<MediaAttachment, Result<IReadOnlyList<MediaDescription>>> answer) => _answer = attachment => Task.FromResult(answer(attachment));

    public void AnswerLater(Func<MediaAttachment, Task<Result<IReadOnlyList<MediaDescription>>>> answer) => _answer = answer;

    public Task<Result<IReadOnlyList<MediaDescription>>> AttachAsync(MediaAttachment attachment, CancellationToken ct) => _answer(attachment);

    public Task ReleaseAsync(IReadOnlyList<MediaId> media, CancellationToken ct)
    {
        Released.AddRange(media);
        return Task.CompletedTask;
    }
}
