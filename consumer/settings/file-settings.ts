import { FILE_FORMATS } from '../files/format.ts'
import { type Setting, setting, unlessGiven } from './entry.ts'
import { brokerAddress } from './kafka-kinds.ts'
import { choice, list, onOff, orWord, path, text } from './kinds.ts'
import { wholeNumber } from './quantities.ts'
import { eventsPerSecond, paceFactor } from './traffic-kinds.ts'

/** The part of the settings table that only commands which read files of others take. */
export const FILE_TABLE = {
  inputFormat: setting(orWord(choice(FILE_FORMATS), { auto: undefined }), {
    flag: 'input-format',
    group: 'Reading events',
    default: 'auto',
    help: 'What the files are. auto goes by the name, which may end in .gz or .zst as well, and else by the first byte; pageviews are the hourly files of Wikimedia.',
  }),
  mostRecords: unlessGiven(wholeNumber({ atLeast: 1, atMost: 1_000_000_000_000 }), {
    flag: 'limit',
    env: 'RECORD_LIMIT',
    group: 'Reading events',
    help: 'End after so many records.',
  }),
  replaySpeed: setting(orWord(paceFactor, { max: undefined }), {
    flag: 'speed',
    env: 'REPLAY_SPEED',
    group: 'Replay',
    default: 'max',
    help: 'How many times as fast as it happened; max is as fast as it gets.',
  }),
  replayRate: unlessGiven(eventsPerSecond, {
    flag: 'rate',
    env: 'REPLAY_RATE',
    group: 'Replay',
    help: 'Records per second, whatever their times say; in place of a speed.',
  }),
  resume: setting(onOff, {
    flag: 'resume',
    env: 'REPLAY_RESUME',
    group: 'Replay',
    default: 'off',
    help: 'Go on where the last replay of the same files to the same place was interrupted.',
  }),
  progressFolder: setting(path, {
    flag: 'progress-folder',
    env: 'REPLAY_PROGRESS_FOLDER',
    group: 'Replay',
    default: './data/replay',
    help: 'Folder in which it is noted how far a replay has come.',
  }),
  bootstrap: setting(list(brokerAddress, { atLeast: 1 }), {
    flag: 'bootstrap',
    env: 'KAFKA_BOOTSTRAP',
    group: 'Kafka connection',
    default: 'localhost:9092',
    help: 'Brokers to begin with, as --brokers elsewhere.',
  }),
  source: unlessGiven(list(text('FILE'), { atLeast: 1 }), {
    flag: 'source',
    env: 'PAGEVIEWS_SOURCE',
    group: 'Reading events',
    help: 'Hourly files, such as pageviews-20240101-000000.gz; - is standard input.',
  }),
} satisfies Record<string, Setting<unknown>>
