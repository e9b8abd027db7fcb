"""Platform folders in the form of OpenROAD-flow-scripts: a tiny one of our own, and the open kits where they are."""

import gzip
from pathlib import Path

import pytest

KITS = Path(__file__).parents[3] / "shared" / "kits"

needs_kits = pytest.mark.skipif(not KITS.is_dir(), reason=f"the open kits are not in {KITS}")

ASAP7_CONFIG = r"""
$(info [INFO-FLOW] a platform)
export PROCESS = 7
ifeq ($(LIB_MODEL),)
   export LIB_MODEL = NLDM
endif
export LIB_DIR ?= $(PLATFORM_DIR)/lib/$(LIB_MODEL)
export TECH_LEF = $(PLATFORM_DIR)/lef/asap7_tech_1x_201209.lef
export BC_VOLTAGE = 0.77
export TC_VOLTAGE = 0.70
export DONT_USE_CELLS  = *x1p*_ASAP7* *xp*_ASAP7*
export DONT_USE_CELLS += SDF* ICG*   # congested
export PLACE_SITE     ?= asap7sc7p5t
export MIN_ROUTING_LAYER ?= M2
ifeq ($(BLOCKS),)
   export PDN_TCL ?= $(PLATFORM_DIR)/pdn.tcl
else
   export PDN_TCL ?= $(PLATFORM_DIR)/blocks.tcl
endif
export BC_NLDM_LIB_FILES_T = $(LIB_DIR)/asap7sc7p5t_AO_PLACEHOLDERVT_FF_nldm_211120.lib.gz
export TC_NLDM_LIB_FILES_T = $(LIB_DIR)/asap7sc7p5t_AO_PLACEHOLDERVT_TT_nldm_211120.lib.gz \
                           $(LIB_DIR)/asap7sc7p5t_INVBUF_PLACEHOLDERVT_TT_nldm_220122.lib.gz \
                           $(LIB_DIR)/asap7sc7p5t_OA_PLACEHOLDERVT_TT_nldm_211120.lib.gz \
                           $(LIB_DIR)/asap7sc7p5t_SEQ_PLACEHOLDERVT_TT_nldm_220123.lib \
                           $(LIB_DIR)/asap7sc7p5t_SIMPLE_PLACEHOLDERVT_TT_nldm_211120.lib.gz
export VT_LIST = $(if $(strip $(ASAP7_USE_VT)), $(ASAP7_USE_VT), RVT)
export PRIMARY_VT = $(word 1, $(VT_LIST))
export PRIMARY_VT_TAG = $(strip $(patsubst %VT, %, $(PRIMARY_VT)))
export OTHER_VT = $(wordlist 2, $(words $(VT_LIST)), $(VT_LIST))
export TIEHI_CELL_AND_PORT    ?= TIEHIx1_ASAP7_75t_$(PRIMARY_VT_TAG) H
export TIELO_CELL_AND_PORT    ?= TIELOx1_ASAP7_75t_$(PRIMARY_VT_TAG) L
export MIN_BUF_CELL_AND_PORTS ?= BUFx2_ASAP7_75t_$(PRIMARY_VT_TAG) A Y
export FILL_CELLS_T = FILLER_ASAP7_75t_
export FILL_CELLS ?= $(addsuffix $(PRIMARY_VT_TAG), $(FILL_CELLS_T))
export SC_LEF ?= $(PLATFORM_DIR)/lef/asap7sc7p5t_28_$(PRIMARY_VT_TAG)_1x_220121a.lef
export BC_NLDM_LIB_FILES ?= $(subst PLACEHOLDER,$(PRIMARY_VT_TAG),$(BC_NLDM_LIB_FILES_T))
export TC_NLDM_LIB_FILES ?= $(subst PLACEHOLDER,$(PRIMARY_VT_TAG),$(TC_NLDM_LIB_FILES_T))
$(foreach vt_type,$(OTHER_VT),\
  $(eval OTHER_VT_TAG = $(strip $(patsubst %VT, %, $(vt_type)))) \
  $(eval TC_NLDM_LIB_FILES += $(subst PLACEHOLDER,$(OTHER_VT_TAG),$(TC_NLDM_LIB_FILES_T))) \
)
export CORNER ?= BC
export LIB_FILES += $($(CORNER)_$(LIB_MODEL)_LIB_FILES)
export LIB_FILES += $(ADDITIONAL_LIBS)
export VOLTAGE = $($(CORNER)_VOLTAGE)
export ABC_CLOCK_PERIOD_IN_PS ?= $(shell sed -n p $(SDC_FILE) | head -1)
"""

ASAP7_RC = """
set_layer_rc -layer M1 -resistance 7.04175E-02 -capacitance 1e-10
set_layer_rc -layer M2 -resistance 2.97127E-02 -capacitance 1.74942E-01
set_layer_rc -layer M3 -resistance 3.12870E-02 -capacitance 1.55554E-01
set_layer_rc -layer M4 -resistance 1.80365E-02 -capacitance 1.78475E-01
set_wire_rc -signal -resistance 2.65684E-02 -capacitance 1.65790E-01
set_layer_rc -via V1 -resistance 1.72E-02
"""

IHP_CONFIG = r"""
export PROCESS = ihp-sg13g2
export LOAD_ADDITIONAL_FILES ?= 1
ifneq ($(FOOTPRINT_TCL),)
  ifeq ($(LOAD_ADDITIONAL_FILES),1)
    export ADDITIONAL_LEFS += $(PLATFORM_DIR)/lef/sg13g2_io.lef
  endif
endif
export TECH_LEF ?= $(PLATFORM_DIR)/lef/sg13g2_tech.lef
export SC_LEF ?= $(PLATFORM_DIR)/lef/sg13g2_stdcell.lef
export TYP_LIB_FILES ?= $(PLATFORM_DIR)/lib/sg13g2_stdcell_typ_1p20V_25C.lib \
                        $(ADDITIONAL_TYP_LIBS)
export LIB_FILES ?= $(TYP_LIB_FILES)
export DONT_USE_CELLS += \
sg13g2_lgcp_1 \
sg13g2_sighold \
sg13g2_slgcp_1 \
sg13g2_dfrbp_2
export FILL_CELLS ?= sg13g2_fill_1 sg13g2_fill_2 sg13g2_decap_4 sg13g2_decap_8
export TIEHI_CELL_AND_PORT = sg13g2_tiehi L_HI
export TIELO_CELL_AND_PORT = sg13g2_tielo L_LO
export MIN_BUF_CELL_AND_PORTS = sg13g2_buf_1 A X
ifeq ($(origin ABC_CLOCK_PERIOD_IN_PS), undefined)
  ifneq ($(wildcard $(SDC_FILE)),)
    export ABC_CLOCK_PERIOD_IN_PS ?= $(shell sed -n p $(SDC_FILE))
  endif
endif
export PLACE_SITE = CoreSite
export IO_NORTH_PINS ??=
export MIN_ROUTING_LAYER ?= Metal2
"""

IHP_RC = """
set_layer_rc -layer Metal1 -resistance 8.54576E-03 -capacitance 1e-10
set_layer_rc -layer Metal2 -resistance 4.40000E-04 -capacitance 1.69121E-04
set_layer_rc -layer Metal3 -resistance 4.40000E-04 -capacitance 1.82832E-04
set_wire_rc -signal -resistance 2.07259E-03 -capacitance 1.73072E-04
set_layer_rc -via Via1 -resistance 2.0E-3
"""


def platform_folder(folder: Path, config: str, rc: str) -> Path:
    """Write ``config.mk`` and ``setRC.tcl``; libraries and LEF files go to ``lib`` and ``lef``."""
    for name in ("lib", "lef"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "config.mk").write_text(config)
    (folder / "setRC.tcl").write_text(rc)
    return folder


def asap7(folder: Path) -> Path:
    """ASAP7 as a platform folder."""
    platform_folder(folder, ASAP7_CONFIG, ASAP7_RC)
    (folder / "lib" / "NLDM").mkdir(exist_ok=True)
    return _linked(folder, KITS / "asap7", "lib/NLDM")


def ihp(folder: Path) -> Path:
    """IHP SG13G2 as a platform folder."""
    return _linked(platform_folder(folder, IHP_CONFIG, IHP_RC), KITS / "ihp-sg13g2", "lib")


def _linked(folder: Path, kit: Path, libraries: str) -> Path:
    for file in kit.iterdir():
        place = "lef" if file.suffix == ".lef" else libraries
        (folder / place / file.name).symlink_to(file)
    return folder


def gzipped(path: Path, text: str) -> Path:
    """Write a text packed."""
    path.write_bytes(gzip.compress(text.encode()))
    return path
