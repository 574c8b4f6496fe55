import './Devices.css'
import type { Device } from '@chat/client'
import { useEffect, useState } from 'preact/hooks'
import { useChat, useClient } from '../app/useChat'
import { useI18n } from '../i18n/I18n'
import { ConfirmDialog } from '../ui/Dialog'
import { Icon } from '../ui/icons'
import { Page } from '../ui/Page'
import { Problem } from '../ui/Problem'
import { useNow } from '../ui/useNow'
import { useTask } from '../ui/useTask'

export function Devices() {
  const { t } = useI18n()
  const client = useClient()
  const [devices, setDevices] = useState<readonly Device[]>()
  const [revoking, setRevoking] = useState<Device>()
  const isOnline = useChat(chat => chat.connection.caughtUp)
  const task = useTask()
  const read = async () => setDevices(await client.getDevices())

  useEffect(() => {
    void task.run(read)
  }, [isOnline])

  const nameOf = (device: Device) => device.deviceName ?? t.devices.unnamed
  const sorted = [...(devices ?? [])].sort((a, b) => Number(b.current) - Number(a.current) || b.lastUsedAt - a.lastUsedAt)

  return (
    <Page title={t.devices.title}>
      <p class="hint">{t.devices.intro}</p>
      <Problem text={task.problem} />
      {!devices && !task.problem && <p class="hint">{t.loading}</p>}
      <ul class="devices">
        {sorted.map(device => (
          <DeviceItem key={device.deviceId} device={device} name={nameOf(device)} onRevoke={() => setRevoking(device)} />
        ))}
      </ul>
      {devices?.length === 1 && <p class="hint">{t.devices.none}</p>}
      {revoking && (
        <ConfirmDialog
          title={t.devices.revokeTitle(nameOf(revoking))}
          text={t.devices.revokeText}
          action={t.devices.revoke}
          onClose={() => setRevoking(undefined)}
          onConfirm={() => void task.run(() => client.revokeDevice(revoking.deviceId).then(read))}
        />
      )}
    </Page>
  )
}

function DeviceItem({ device, name, onRevoke }: { device: Device; name: string; onRevoke: () => void }) {
  const { t, times } = useI18n()
  const now = useNow()
  return (
    <li class="device card">
      <Icon name="device" />
      <div>
        <p class="device-name">{name}</p>
        <p class="hint">{device.current ? t.devices.this : t.devices.lastUsed(times.ago(device.lastUsedAt, now))}</p>
        <p class="hint">{t.devices.since(times.ago(device.createdAt, now))}</p>
      </div>
      {!device.current && (
        <button type="button" class="button danger" aria-label={t.devices.revokeNamed(name)} onClick={onRevoke}>
          {t.devices.revoke}
        </button>
      )}
    </li>
  )
}
