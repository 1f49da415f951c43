import { useEffect, useRef, useState } from 'hono/jsx/dom';
import { listenToWindow } from '../browser/listen-to-window.ts';
import type { PageActions } from '../state/page-actions.ts';
import type { PageState } from '../state/page-state.ts';
import { Announcer } from './announcer.tsx';
import { DropVeil } from './drop-veil.tsx';
import { ExampleChips } from './example-chips.tsx';
import { ImagePanel } from './image-panel.tsx';
import { KeyHints } from './key-hints.tsx';
import { LogoIcon } from './icons.tsx';
import { LocalNote } from './local-note.tsx';
import { OptionsMenu } from './options-menu.tsx';
import { ResultsSection } from './results-section.tsx';
import { SearchBox } from './search-box.tsx';
import { SimilarHeading } from './similar-heading.tsx';

interface AppProps {
  readonly state: PageState;
  readonly actions: PageActions;
}

export function App({ state, actions }: AppProps) {
  const { view, loaded } = state;
  const searchBox = useRef<HTMLInputElement>(null);
  const [isHovered, setHovered] = useState(false);
  const focusSearch = () => searchBox.current?.select();
  const takeImage = (file: File) => void actions.showImage(file);

  useEffect(() => {
    if (view.kind === 'home') searchBox.current?.focus();
    return listenToWindow({ focusSearch, dropImage: takeImage, hover: setHovered });
  }, []);

  return (
    <>
      <header class={view.kind === 'home' ? 'masthead is-home' : 'masthead'}>
        <a
          class="logo"
          href="./"
          onClick={(event: MouseEvent) => {
            if (event.metaKey || event.ctrlKey || event.shiftKey) return;
            event.preventDefault();
            actions.goHome();
            searchBox.current?.focus();
          }}
        >
          <LogoIcon />
          <span>Diptych</span>
        </a>
        <h1 class="tagline">Search pictures by meaning</h1>
        <SearchBox
          inputRef={searchBox}
          draft={state.draft}
          onType={actions.type}
          onSubmit={actions.searchText}
          onClear={actions.goHome}
          onImage={takeImage}
        />
        <OptionsMenu state={state} actions={actions} />
      </header>
      <main>
        {view.kind === 'home' && <ExampleChips onPick={actions.searchText} />}
        {view.kind === 'similar' && <SimilarHeading view={view} onClose={actions.goHome} />}
        {view.kind === 'image' && <ImagePanel state={state} image={view.image} actions={actions} />}
        <ResultsSection state={state} actions={actions} focusSearch={focusSearch} />
      </main>
      {loaded && loaded.bytes === loaded.total && <LocalNote />}
      <KeyHints />
      <Announcer state={state} />
      {isHovered && <DropVeil />}
    </>
  );
}
