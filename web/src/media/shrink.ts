import type { FileToSend } from '@chat/client'

/** The longer side of a picture that is sent, pixels: more is seen only by zooming. */
const longest = 2048
const quality = 0.85
/** A picture that is small enough already is sent as it is, bytes. */
const smallEnough = 400 * 1024

/** The same picture with fewer pixels, upright and without what the camera wrote beside it. The file itself where that is not smaller. */
export async function shrink(file: File): Promise<FileToSend> {
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' })
  try {
    const share = Math.min(1, longest / Math.max(bitmap.width, bitmap.height))
    const [width, height] = [Math.max(1, Math.round(bitmap.width * share)), Math.max(1, Math.round(bitmap.height * share))]
    const whole = { file, width: bitmap.width, height: bitmap.height }
    if (share === 1 && file.size <= smallEnough) return whole
    const canvas = document.createElement('canvas')
    canvas.width = width
    canvas.height = height
    canvas.getContext('2d')!.drawImage(bitmap, 0, 0, width, height)
    // A photograph stays one; what may have transparent parts or text becomes WebP, which has both.
    const type = file.type === 'image/jpeg' ? 'image/jpeg' : 'image/webp'
    const bytes = await new Promise<Blob | null>(done => canvas.toBlob(done, type, quality))
    // A browser that cannot write the type writes PNG.
    if (!bytes || bytes.type !== type || bytes.size >= file.size) return whole
    return { file: new File([bytes], renamed(file.name, type), { type }), width, height }
  } finally {
    bitmap.close()
  }
}

const renamed = (name: string, type: string) => (type === 'image/webp' ? name.replace(/\.\w+$/, '') + '.webp' : name)
